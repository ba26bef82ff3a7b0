/**
 * Checks that real agents can start the entries that `imgwire install` writes. Installs each agent from the
 * registry into a cache, writes the entry in an empty home folder, and has the agent start the server and
 * list its tools, offline and signed out. Agents that need a model get a stand-in on a loopback port.
 *
 *     npm run agents                      all agents
 *     npm run agents -- gemini mcporter   the named ones
 *     npm run agents -- --plugin          installs the plugin folder with the agents' own commands
 */
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { parseArgs } from "node:util";
import { findAgent } from "../src/agents/catalogue.ts";
import { foldersOf } from "../src/agents/agent.ts";
import { tryPlugin } from "./agents/plugin.ts";
import { type AgentProgram, PROGRAMS } from "./agents/programs.ts";
import { emptyHome, installed, run } from "./agents/run.ts";
import { startStandIn } from "./agents/stand-in.ts";
import { bin } from "./program.ts";

const { values, positionals: wanted } = parseArgs({
  options: { plugin: { type: "boolean", default: false } },
  allowPositionals: true
});
const unknown = wanted.filter((id) => !PROGRAMS.some((program) => program.id === id));
if (unknown.length > 0) {
  console.error(`Unknown: ${unknown.join(", ")}. Choose from: ${PROGRAMS.map(({ id }) => id).join(", ")}.`);
  process.exit(2);
}

let failed = 0;
for (const program of PROGRAMS.filter(({ id }) => wanted.length === 0 || wanted.includes(id))) {
  if (values.plugin && !program.plugin) continue;
  const problem = await (values.plugin ? tryPlugin(program) : tryProgram(program));
  const listed = program.model
    ? "started the server and offered its tools to the model"
    : "started the server";
  const done = values.plugin ? "installed the plugin and listed its skill and server" : listed;
  console.log(`${program.id.padEnd(12)} ${problem === undefined ? done : `FAILED: ${problem}`}`);
  if (problem !== undefined) failed += 1;
}
process.exitCode = failed === 0 ? 0 : 1;

/** @returns what went wrong; undefined if nothing did */
async function tryProgram(program: AgentProgram): Promise<string | undefined> {
  const modules = installed(program);
  const home = mkdtempSync(join(tmpdir(), "imgwire-agent-"));
  const project = join(home, "project");
  mkdirSync(project);
  const env = emptyHome(home);
  const model = program.model && (await startStandIn([]));
  const { args = [], config, env: modelEnv } = (model && program.model?.(`${model.url}/v1`)) ?? {};
  try {
    if (config !== undefined) writeConfig(program.id, home, config);
    const wrote = spawnSync(process.execPath, [bin("imgwire"), "install", program.id], {
      env,
      cwd: project,
      encoding: "utf8"
    });
    if (wrote.status !== 0) return wrote.stderr;
    const options = { env: { ...env, ...modelEnv }, cwd: project };
    const all = [...program.args, ...args.map((arg) => arg.replace("{home}", home))];
    const output = await run({ ...program, args: all }, modules, options);
    return shortcoming(program, output, model?.tools);
  } finally {
    model?.close();
    rmSync(home, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** @returns which expected output or tools are missing */
function shortcoming(
  { shows }: AgentProgram,
  output: string,
  tools: ReadonlySet<string> | undefined
): string | undefined {
  const offered = tools ? [...tools].some((name) => name.includes("upload_image")) : true;
  if (offered && (shows?.test(output) ?? true)) return undefined;
  const names = tools ? `it offered the model: ${[...tools].join(", ") || "nothing"}\n` : "";
  return `${names}it printed:\n${output.slice(-1_500)}`;
}

/** Writes the agent's own configuration, to which `imgwire install` then adds its entry. */
function writeConfig(id: string, home: string, text: string): void {
  const file = findAgent(id)?.userFiles?.(foldersOf({ platform: "linux", home, env: {} }))[0] ?? "";
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
}
