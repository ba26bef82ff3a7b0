import { execFile, spawnSync } from "node:child_process";
import { existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { npmInstall, ROOT } from "../program.ts";
import type { AgentProgram } from "./programs.ts";

const CACHE = process.env["IMGWIRE_AGENTS_CACHE"] ?? join(ROOT, "node_modules/.cache/agents");
/**
 * Some agents unpack themselves when they are first started, and slow machines take long for a conversation.
 */
const RUN_TIMEOUT_MS = 180_000;

/** The environment of a program with an empty home folder and no sign-ins. */
export function emptyHome(home: string): Record<string, string> {
  return {
    HOME: home,
    PATH: process.env["PATH"] ?? "",
    TERM: "dumb",
    NO_COLOR: "1",
    // Gemini CLI starts no servers in a folder that it hasn't been told to trust.
    GEMINI_CLI_TRUST_WORKSPACE: "true",
    IMGWIRE_CONFIG_DIR: join(home, "imgwire"),
    IMGWIRE_TOKEN_STORE: "file"
  };
}

/** The `node_modules` folder in an agent's cache folder. */
export function installed({ id, packages, program }: AgentProgram): string {
  const folder = join(CACHE, id);
  const modules = join(folder, "node_modules");
  if (existsSync(join(modules, program))) return modules;
  mkdirSync(folder, { recursive: true });
  const { status } = spawnSync("npm", npmInstall(folder, packages), { stdio: ["ignore", 2, 2] });
  if (status !== 0 || !existsSync(join(modules, program)))
    throw new Error(`${packages.join(" ")} has no ${program}.`);
  return modules;
}

/**
 * Runs an agent's program until it exits.
 * @returns what it printed to both streams
 */
export function run(
  { program, args, node }: AgentProgram,
  modules: string,
  options: RunOptions
): Promise<string> {
  const path = join(modules, program);
  return runToEnd(node ? [join(modules, node), path, ...args] : [path, ...args], options);
}

/** Where to run a program. */
export interface RunOptions {
  env: Record<string, string>;
  cwd: string;
}

/**
 * Runs a command line until it exits.
 * @returns what it printed to both streams
 */
export function runToEnd(argv: readonly string[], options: RunOptions, input = ""): Promise<string> {
  return new Promise((done) => {
    const child = execFile(
      argv[0] ?? "",
      argv.slice(1),
      { ...options, timeout: RUN_TIMEOUT_MS, maxBuffer: 64 * 1024 * 1024 },
      (_, stdout, stderr) => done(stdout + stderr)
    );
    child.stdin?.end(input);
  });
}
