import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { readEntry } from "../../../agents/apply.ts";
import {
  type Agent,
  configFile,
  ENTRY_NAME,
  foldersOf,
  type Machine,
  type Scope
} from "../../../agents/agent.ts";
import { AGENTS, findAgent } from "../../../agents/catalogue.ts";
import { InterruptedError, UsageError } from "../../../errors.ts";
import type { Io } from "../../../system/io.ts";
import type { Output } from "../../ui/output.ts";

/** An agent and the file of it that is meant. */
export interface Target {
  agent: Agent;
  file: string;
}

/** This machine and its user. */
export function machineOf({ platform, env }: Io): Machine {
  return { platform, env, home: homedir() };
}

/** The file to write for an agent and a scope in the working directory, undefined where it has none. */
export function fileOf(agent: Agent, scope: Scope, io: Io): string | undefined {
  return configFile(agent, scope, { machine: machineOf(io), projectDir: io.cwd(), exists: existsSync });
}

/** Whether an agent has left traces on this machine. */
function isPresent(agent: Agent, machine: Machine): boolean {
  return agent.traces(foldersOf(machine)).some((path) => existsSync(path));
}

/**
 * The targets that were named on the command line, each once.
 * @throws UsageError for a name that is not known, or an agent that has no file for the scope
 */
export function namedTargets(names: readonly string[], scope: Scope, io: Io): Target[] {
  return [...new Set(names.map(agentNamed))].map((agent) => {
    const file = fileOf(agent, scope, io);
    if (file) return { agent, file };
    throw new UsageError(`${agent.title} has no configuration for single projects.`, {
      hint: "Leave out `--scope project` to install it for you on this machine."
    });
  });
}

function agentNamed(name: string): Agent {
  const agent = findAgent(name);
  if (agent) return agent;
  throw new UsageError(`Unknown agent "${name}".`, { hint: `Choose from: ${idsOf(AGENTS)}.` });
}

/** What is asked when no client was named. */
export interface Question {
  command: "install" | "uninstall";
  scope: Scope;
  io: Io;
  out: Output;
  signal: AbortSignal;
}

/**
 * Asks at the terminal which agents are meant; those that can be expected are ticked.
 * @throws UsageError where there is no terminal; it names the agents that were found
 */
export async function askForTargets({ command, scope, io, out, signal }: Question): Promise<Target[]> {
  const targets = AGENTS.flatMap((agent) => {
    const file = fileOf(agent, scope, io);
    return file ? [{ agent, file }] : [];
  });
  const expected = await expectedOf(command, targets, io);
  if (!out.interactive || io.stdin.isTTY !== true) throw unasked(command, expected);
  const shown = command === "install" ? targets : expected;
  if (shown.length === 0) return [];
  const { isCancel, multiselect } = await import("@clack/prompts");
  const chosen = await multiselect<Target>({
    message: command === "install" ? "Install Imgwire into" : "Remove Imgwire from",
    options: shown.map((target) => ({ value: target, label: target.agent.title, hint: target.file })),
    initialValues: expected,
    input: io.stdin,
    output: io.stderr,
    signal
  });
  if (isCancel(chosen)) throw new InterruptedError("Nothing was changed.");
  return chosen;
}

async function expectedOf(command: Question["command"], targets: Target[], io: Io): Promise<Target[]> {
  if (command === "install") return targets.filter(({ agent }) => isPresent(agent, machineOf(io)));
  const entries = await Promise.all(
    targets.map(({ agent, file }) =>
      // One that cannot be read is no reason to keep the others from being listed; naming it tells what is wrong.
      readEntry(file, { ...agent, name: ENTRY_NAME }).catch(() => undefined)
    )
  );
  return targets.filter((_, index) => entries[index] !== undefined);
}

function unasked(command: Question["command"], expected: readonly Target[]): UsageError {
  const ids = idsOf(expected.map(({ agent }) => agent));
  const found =
    command === "install"
      ? `Found on this machine: ${ids || "none"}.`
      : `It is installed in: ${ids || "none"}.`;
  return new UsageError(
    `Say which clients to ${command} it ${command === "install" ? "into" : "from"}. ${found}`,
    {
      hint: `For example: imgwire ${command} ${ids.replaceAll(",", "") || "claude-code"}. The names are: ${idsOf(AGENTS)}.`
    }
  );
}

function idsOf(agents: readonly Agent[]): string {
  return agents.map(({ id }) => id).join(", ");
}
