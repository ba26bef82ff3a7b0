import { isDeepStrictEqual } from "node:util";
import { readEntry } from "../../../agents/apply.ts";
import { type Agent, AGENTS, configFile, ENTRY_NAME, SCOPES, type Scope } from "../../../agents/catalogue.ts";
import { type ConfigTable, isTable } from "../../../agents/format.ts";
import { type Launch, type LaunchEntry, launchOf } from "../../../agents/launch.ts";
import type { Deps } from "../../../deps.ts";
import { entryFor } from "../install/entry.ts";
import { machineOf } from "../install/targets.ts";
import { type Check, type CheckContext, failure, pass, type Verdict } from "./check.ts";
import { type Started, startEntry } from "./start-entry.ts";

/** An agent's entry for this program. */
interface Installed {
  agent: Agent;
  scope: Scope;
  file: string;
  /** The entry, or why the file cannot be read. */
  entry: ConfigTable | Error;
}

/** A check for each entry that there is; one that says so where there is none. */
export async function agentChecks(deps: Deps): Promise<Check[]> {
  const installed = (await Promise.all(SCOPES.map((scope) => entriesOf(deps, scope)))).flat();
  if (installed.length === 0) {
    const none = "None has an entry for imgwire yet. To add one: imgwire install";
    return [{ id: "agents", title: "Agents", run: () => pass(none) }];
  }
  return installed.map((each) => ({
    id: `agent:${each.agent.id}${each.scope === "project" ? ":project" : ""}`,
    title: `${each.agent.title}${each.scope === "project" ? ", this project" : ""}`,
    limitMs: LIMIT_MS,
    run: (context) => checkEntry(each, context)
  }));
}

/** Above every agent's own limit. */
const LIMIT_MS = 150_000;

async function entriesOf({ io }: Deps, scope: Scope): Promise<Installed[]> {
  const found = await Promise.all(
    AGENTS.map(async (agent): Promise<Installed[]> => {
      const file = configFile(agent, scope, machineOf(io), io.cwd());
      if (file === undefined) return [];
      const place = { format: agent.format, servers: agent.servers, name: ENTRY_NAME };
      const entry = await readEntry(file, place).catch((error: unknown) =>
        error instanceof Error ? error : new Error(String(error))
      );
      return isTable(entry) || entry instanceof Error ? [{ agent, scope, file, entry }] : [];
    })
  );
  return found.flat();
}

async function checkEntry({ agent, scope, file, entry }: Installed, context: CheckContext): Promise<Verdict> {
  const again = `imgwire install ${agent.id}${scope === "project" ? " --scope project" : ""}`;
  if (entry instanceof Error) return failure(entry);
  const { command, args } = entry;
  if (typeof command !== "string") return pass(`${file} has it connect to the hosted server by itself.`);
  const list = Array.isArray(args) ? args.filter((arg) => typeof arg === "string") : [];
  if (scope === "project" && !isOurs(agent, command, list, context.deps)) {
    return {
      status: "warn",
      message: `The entry in ${file} was not started: it is another one than this program would write.`,
      fix: `Look at it; then, if you like: ${again}`
    };
  }
  const launch = launchOf(agent.id, launchEntry(entry), machineOf(context.deps.io), context.deps.io.cwd());
  const started = await startEntry(command, list, launch, context.signal);
  if ("tools" in started) return judgeTools(started, again);
  return judgeProblem({ problem: started.problem, command, list, launch, again }, context);
}

function judgeTools({ tools, tookMs }: Extract<Started, { tools: number }>, again: string): Verdict {
  if (tools > 0) return pass(`Started as the agent would: ${tools} tools after ${tookMs} ms.`);
  return { status: "fail", message: "It was started, but lists no tools.", fix: `Try: ${again}` };
}

/** Tells a program that is not there from one that only a terminal's PATH leads to. */
async function judgeProblem(
  failed: { problem: string; command: string; list: string[]; launch: Launch; again: string },
  { deps, signal }: CheckContext
): Promise<Verdict> {
  const { problem, command, list, launch, again } = failed;
  const message = `Started as the agent would, ${problem}.`;
  const path = deps.io.env["PATH"];
  if (path === undefined || launch.env["PATH"] === path)
    return { status: "fail", message, fix: `Try: ${again}` };
  const retried = await startEntry(command, list, { ...launch, env: { ...launch.env, PATH: path } }, signal);
  if (!("tools" in retried)) return { status: "fail", message, fix: `Try: ${again}` };
  return {
    status: "warn",
    message: "It starts from a terminal, but not from the desktop, where PATH is shorter.",
    fix: `Write it with absolute paths: ${again}`
  };
}

/** A project's file may come from somebody else: only what this program would write itself is started. */
function isOurs(agent: Agent, command: string, args: readonly string[], { io, settings }: Deps): boolean {
  const ours = entryFor(agent, { io, settings, scope: "project", remote: false });
  return ours["command"] === command && isDeepStrictEqual(ours["args"], args);
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
