import { existsSync } from "node:fs";
import { isAbsolute } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { version } from "../../../../package.json";
import { readEntry } from "../../../agents/apply.ts";
import { type Agent, ENTRY_NAME, SCOPES, type Scope } from "../../../agents/agent.ts";
import { AGENTS } from "../../../agents/catalogue.ts";
import { type ConfigTable, isTable } from "../../../agents/formats/format.ts";
import { type Launch, type LaunchEntry, launchOf } from "../../../agents/launch.ts";
import type { Deps } from "../../../deps.ts";
import { isNewer } from "../../update/newest.ts";
import { entryFor } from "../install/entry.ts";
import { versionAt } from "../install/list.ts";
import { fileOf, machineOf } from "../install/machine.ts";
import { type Check, type CheckContext, failure, pass, type CheckResult } from "./check.ts";
import { checkDestination } from "./destination.ts";
import { installAgain } from "./repair.ts";
import { type Started, startEntry } from "./start-entry.ts";

/** An agent that has an entry for this program. */
interface Installed {
  agent: Agent;
  scope: Scope;
  file: string;
  /** The entry, or the error if the file can't be read. */
  entry: ConfigTable | Error;
}

/** The command that an entry starts. */
interface EntryCommand {
  command: string;
  args: readonly string[];
  launch: Launch;
  /** The command line that rewrites the entry. */
  again: string;
}

/** Matches the path of this package's server script in an entry. */
const SCRIPT = /[\\/]bin[\\/]imgwire-mcp\.js$/;

/** Longer than any agent's own timeout. */
const ENTRY_TIMEOUT_MS = 150_000;

/** Creates a check for each entry, or a single check if there is none. */
export async function agentChecks(deps: Deps): Promise<Check[]> {
  const [own, shared] = await Promise.all(SCOPES.map((scope) => entriesOf(deps, scope)));
  const files = new Set(own?.map(({ file }) => file));
  const others = (shared ?? []).filter(({ file }) => !files.has(file));
  const installed = [...(own ?? []), ...others].filter(isFirst);
  if (installed.length === 0) {
    const none: CheckResult = {
      status: "warn",
      message: "No agent has Imgwire yet.",
      fix: "Run: imgwire install"
    };
    return [{ id: "agents", title: "Agents", run: () => none }];
  }
  return installed.map((each) => ({
    id: `agent:${each.agent.id}${each.scope === "project" ? ":project" : ""}`,
    title: `${each.agent.title}${each.scope === "project" ? " (project)" : ""}`,
    timeoutMs: ENTRY_TIMEOUT_MS,
    run: (context) => checkEntry(each, context)
  }));
}

/** Some agents share a file and its entry, so check each entry only once. */
function isFirst({ file, agent }: Installed, index: number, all: readonly Installed[]): boolean {
  const place = agent.servers.join(".");
  return all.findIndex((each) => each.file === file && each.agent.servers.join(".") === place) === index;
}

async function entriesOf({ io }: Deps, scope: Scope): Promise<Installed[]> {
  const found = await Promise.all(
    AGENTS.map(async (agent): Promise<Installed[]> => {
      const file = fileOf(agent, scope, io);
      if (file === undefined) return [];
      const entry = await readEntry(file, { ...agent, name: ENTRY_NAME }).catch((error: unknown) =>
        error instanceof Error ? error : new Error(String(error))
      );
      return isTable(entry) || entry instanceof Error ? [{ agent, scope, file, entry }] : [];
    })
  );
  return found.flat();
}

async function checkEntry(installed: Installed, context: CheckContext): Promise<CheckResult> {
  const { agent, scope, file, entry } = installed;
  const again = `imgwire install ${agent.id}${scope === "project" ? " --scope project" : ""}`;
  if (entry instanceof Error) return failure(entry);
  const { command, args } = entry;
  if (typeof command !== "string") return pass(`${file} connects to Imgwire directly.`);
  const list = Array.isArray(args) ? args.filter((arg) => typeof arg === "string") : [];
  const { io } = context.deps;
  const launch = launchOf(agent.id, launchEntry(entry), machineOf(io), io.cwd());
  const start = { command, args: list, launch, again };
  const missing = missingScript(start);
  const repair = installAgain(agent.id, scope);
  if (missing)
    return { status: "fail", message: `${missing} no longer exists.`, fix: `Run: ${again}`, repair };
  if (scope === "project") return checkProjectEntry(installed, start, context);
  const result = await checkStart(start, context);
  return result.status === "pass" ? result : { ...result, repair };
}

/**
 * Checks an entry in a project's file. The file may come from a stranger, so the entry is only read and
 * compared. It is started only on request, and then without its own variables: NODE_OPTIONS or PATH could
 * make any command dangerous.
 */
async function checkProjectEntry(
  { agent, file, entry }: Installed,
  start: EntryCommand,
  context: CheckContext
): Promise<CheckResult> {
  if (context.startProjectEntries) {
    const { io } = context.deps;
    return checkStart({ ...start, launch: { ...start.launch, env: definedOnly(io.env) } }, context);
  }
  const { io, settings } = context.deps;
  const ours = entryFor(agent, { io, settings, scope: "project", remote: false });
  const same = ["command", "args", "env"].every((key) =>
    isDeepStrictEqual(emptyAsAbsent((entry as ConfigTable)[key]), emptyAsAbsent(ours[key]))
  );
  if (same) return pass(`${file} matches what \`${start.again}\` writes. Not started.`);
  return {
    status: "warn",
    message: `The entry in ${file} differs from what imgwire would write, so it wasn't started.`,
    fix: `Review it. To replace it: ${start.again}. To start it as it is: imgwire doctor --start-project-entries`
  };
}

async function checkStart(start: EntryCommand, context: CheckContext): Promise<CheckResult> {
  const started = await startEntry(start.command, start.args, start.launch, context.signal);
  if (!("tools" in started)) return explainFailure(started.problem, start, context);
  return (await checkDestination(start, context)) ?? oldVersion(start) ?? describeStart(started, start.again);
}

/**
 * Warns if the entry runs a version of this program that is older than this one, whether pinned or installed.
 */
function oldVersion({ command, args, again }: EntryCommand): CheckResult | undefined {
  const words = [command, ...args];
  const pinned = words.map((word) => /^imgwire-mcp@(\d+\.\d+\.\d+)$/.exec(word)?.[1]).find(Boolean);
  const script = words.find((word) => isAbsolute(word) && SCRIPT.test(word));
  const runs = pinned ?? (script && versionAt(script));
  if (!runs || !/^\d+\.\d+\.\d+$/.test(runs) || runs === version || isNewer(runs, version)) return undefined;
  return { status: "warn", message: `It runs version ${runs}; this is ${version}.`, fix: `Run: ${again}` };
}

function describeStart({ tools, tookMs }: Extract<Started, { tools: number }>, again: string): CheckResult {
  if (tools > 0) return pass(`Starts and lists ${tools} tools (${tookMs} ms).`);
  return { status: "fail", message: "It starts but lists no tools.", fix: `Run: ${again}` };
}

/** Distinguishes a program that is missing from one that is found only on a terminal's PATH. */
async function explainFailure(
  problem: string,
  { command, args, launch, again }: EntryCommand,
  { deps, signal }: CheckContext
): Promise<CheckResult> {
  const failed: CheckResult = { status: "fail", message: `Doesn't start: ${problem}.`, fix: `Run: ${again}` };
  const path = deps.io.env["PATH"];
  if (path === undefined || launch.env["PATH"] === path) return failed;
  const retried = await startEntry(command, args, { ...launch, env: { ...launch.env, PATH: path } }, signal);
  if (!("tools" in retried)) return failed;
  return {
    status: "warn",
    message: "It starts from a terminal, but not from the desktop, where PATH is shorter.",
    fix: `To write absolute paths: ${again}`
  };
}

/** Finds a file that the entry names by absolute path and that no longer exists. */
function missingScript({ args }: EntryCommand): string | undefined {
  return args.find((arg) => isAbsolute(arg) && /\.[cm]?js$/.test(arg) && !existsSync(arg));
}

function emptyAsAbsent(value: unknown): unknown {
  const isEmpty = typeof value === "object" && value !== null && Object.keys(value).length === 0;
  return isEmpty ? undefined : value;
}

function definedOnly(env: Readonly<Record<string, string | undefined>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(env).filter((pair): pair is [string, string] => pair[1] !== undefined)
  );
}

function launchEntry(entry: ConfigTable): LaunchEntry {
  const { env, env_vars: names, startup_timeout_sec: seconds } = entry;
  const variables = Object.entries(isTable(env) ? env : {}).filter(
    (pair): pair is [string, string] => typeof pair[1] === "string"
  );
  return {
    env: Object.fromEntries(variables),
    envVars: Array.isArray(names) ? names.filter((name) => typeof name === "string") : [],
    startupSeconds: typeof seconds === "number" && seconds > 0 ? seconds : undefined
  };
}
