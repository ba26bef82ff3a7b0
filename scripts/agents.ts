/**
 * Lets real agents start what `imgwire install` writes: installs their programs from the registry into a
 * cache, writes the entry into an empty home, and has each list its servers, offline and signed out.
 *
 *     npm run agents                      all of them
 *     npm run agents -- gemini mcporter   the named ones
 */
import { execFile, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { type AgentProgram, PROGRAMS } from "./agents/programs.ts";

const ROOT = resolve(import.meta.dirname, "..");
const CACHE = process.env["IMGWIRE_AGENTS_CACHE"] ?? join(ROOT, "node_modules/.cache/agents");
/** Milliseconds; some unpack themselves at their first start. */
const RUN_TIMEOUT_MS = 120_000;

const wanted = process.argv.slice(2);
const unknown = wanted.filter((id) => !PROGRAMS.some((program) => program.id === id));
if (unknown.length > 0) {
  console.error(`Unknown: ${unknown.join(", ")}. Choose from: ${PROGRAMS.map(({ id }) => id).join(", ")}.`);
  process.exit(2);
}

let failed = 0;
for (const program of PROGRAMS.filter(({ id }) => wanted.length === 0 || wanted.includes(id))) {
  const problem = await tryProgram(program);
  const done = program.starts ? "started the server" : "read the entry";
  console.log(`${program.id.padEnd(12)} ${problem === undefined ? done : `FAILED: ${problem}`}`);
  if (problem !== undefined) failed += 1;
}
process.exitCode = failed === 0 ? 0 : 1;

/** @returns what went wrong, undefined where nothing did */
async function tryProgram(program: AgentProgram): Promise<string | undefined> {
  const modules = installed(program);
  const home = mkdtempSync(join(tmpdir(), "imgwire-agent-"));
  const project = join(home, "project");
  mkdirSync(project);
  const env = {
    HOME: home,
    PATH: process.env["PATH"] ?? "",
    TERM: "dumb",
    NO_COLOR: "1",
    // Gemini CLI starts no servers in a folder that it has not been told to trust.
    GEMINI_CLI_TRUST_WORKSPACE: "true",
    IMGWIRE_CONFIG_DIR: join(home, "imgwire"),
    IMGWIRE_TOKEN_STORE: "file"
  };
  try {
    const bin = join(ROOT, "bin/imgwire.js");
    const wrote = spawnSync(process.execPath, [bin, "install", program.id], {
      env,
      cwd: project,
      encoding: "utf8"
    });
    if (wrote.status !== 0) return wrote.stderr;
    const said = await run(program, modules, { env, cwd: project });
    return program.shows.test(said) ? undefined : `it said:\n${said.slice(-1_500)}`;
  } finally {
    rmSync(home, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** The `node_modules` of an agent's own cache folder. */
function installed({ id, packages, program }: AgentProgram): string {
  const folder = join(CACHE, id);
  const modules = join(folder, "node_modules");
  if (existsSync(join(modules, program))) return modules;
  mkdirSync(folder, { recursive: true });
  const flags = [
    "--prefix",
    folder,
    "--no-audit",
    "--no-fund",
    "--ignore-scripts",
    "--loglevel=error",
    "--force"
  ];
  const { status } = spawnSync("npm", ["install", ...flags, ...packages], { stdio: ["ignore", 2, 2] });
  if (status !== 0 || !existsSync(join(modules, program)))
    throw new Error(`${packages.join(" ")} has no ${program}.`);
  return modules;
}

function run(
  { program, args, node }: AgentProgram,
  modules: string,
  options: { env: Record<string, string>; cwd: string }
): Promise<string> {
  const path = join(modules, program);
  const argv = node ? [join(modules, node), path, ...args] : [path, ...args];
  return new Promise((done) => {
    const child = execFile(
      argv[0] ?? "",
      argv.slice(1),
      { ...options, timeout: RUN_TIMEOUT_MS },
      (_, stdout, stderr) => done(stdout + stderr)
    );
    child.stdin?.end();
  });
}
