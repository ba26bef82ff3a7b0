import { dirname, join } from "node:path";
import { type Agent, ENTRY_NAME, SCOPES, type Scope } from "../../../agents/agent.ts";
import { readEntry } from "../../../agents/apply.ts";
import { AGENTS } from "../../../agents/catalogue.ts";
import { type ConfigTable, isTable } from "../../../agents/formats/format.ts";
import type { Deps } from "../../../deps.ts";
import type { Io } from "../../../system/io.ts";
import { readJsonIfUsable } from "../../../system/read.ts";
import type { AgentRow } from "./report.ts";
import { fileOf, isPresent, machineOf } from "./machine.ts";
import { skillStateOf } from "./skill.ts";

/** Lists all agents: whether each is on this machine, has our entry, and what that runs. Starts nothing. */
export function listAgents(deps: Deps): Promise<AgentRow[]> {
  return Promise.all(AGENTS.map((agent) => rowOf(agent, deps)));
}

async function rowOf(agent: Agent, deps: Deps): Promise<AgentRow> {
  const { io } = deps;
  const entries = await Promise.all(SCOPES.map((scope) => entryIn(agent, scope, io)));
  const [first] = entries.filter((entry) => entry !== undefined);
  return {
    client: agent.id,
    title: agent.title,
    found: isPresent(agent, machineOf(io)),
    installed: SCOPES.filter((_, index) => entries[index] !== undefined),
    runs: first ? whatRuns(first) : null,
    skill: skillStateOf(agent, "user", deps) ?? skillStateOf(agent, "project", deps),
    file: fileOf(agent, "user", io) ?? fileOf(agent, "project", io) ?? ""
  };
}

async function entryIn(agent: Agent, scope: Scope, io: Io): Promise<ConfigTable | undefined> {
  const file = fileOf(agent, scope, io);
  // An unreadable file counts as having no entry. `install` reports the problem.
  const entry = file && (await readEntry(file, { ...agent, name: ENTRY_NAME }).catch(() => undefined));
  return isTable(entry) ? entry : undefined;
}

function whatRuns(entry: ConfigTable): string {
  const address = [entry["url"], entry["httpUrl"], entry["serverUrl"], entry["uri"]].find(
    (url) => typeof url === "string"
  );
  if (address !== undefined) return String(address);
  const argv = [entry["command"] ?? entry["cmd"], entry["args"]]
    .flat()
    .filter((word) => typeof word === "string");
  const script = argv.find((word) => word.endsWith("imgwire-mcp.js"));
  if (script !== undefined) return versionAt(script) ?? "a deleted version";
  return argv.includes("imgwire-mcp") ? "latest, by npx" : argv.join(" ");
}

/** The version of the package that a script belongs to. */
export function versionAt(script: string): string | undefined {
  const manifest = readJsonIfUsable(join(dirname(script), "..", "package.json"));
  return isTable(manifest) && typeof manifest["version"] === "string" ? manifest["version"] : undefined;
}
