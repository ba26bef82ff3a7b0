import { readEntry } from "../../../agents/apply.ts";
import { type Agent, ENTRY_NAME, type Scope } from "../../../agents/agent.ts";
import { AGENTS, findAgent } from "../../../agents/catalogue.ts";
import { UsageError } from "../../../errors.ts";
import type { Deps } from "../../../deps.ts";
import type { Io } from "../../../system/io.ts";
import type { Invocation } from "../../command.ts";
import { pickMany } from "../../ui/prompts.ts";
import { fileOf, isPresent, machineOf } from "./machine.ts";
import { isSkillInstalled } from "./skill.ts";

type Command = "install" | "uninstall";

/** An agent and the file to change. */
export interface Target {
  agent: Agent;
  file: string;
}

/**
 * Returns the agents named on the command line, without duplicates.
 * @throws UsageError if a name is unknown or an agent has no file for the scope
 */
export function namedTargets(names: readonly string[], scope: Scope, io: Io): Target[] {
  return [...new Set(names.map(agentNamed))].map((agent) => {
    const file = fileOf(agent, scope, io);
    if (file) return { agent, file };
    throw new UsageError(`${agent.title} has no project-level configuration.`, {
      hint: "Leave out `--scope project` to install it for you on this machine."
    });
  });
}

function agentNamed(name: string): Agent {
  const agent = findAgent(name);
  if (agent) return agent;
  throw new UsageError(`Unknown agent "${name}".`, { hint: `Choose from: ${idsOf(AGENTS)}.` });
}

/**
 * Asks the user at the terminal to select agents; the likely ones are preselected.
 * @throws UsageError if the user can't be asked; it lists the agents found
 */
export async function askForTargets(
  command: Command,
  scope: Scope,
  invocation: Invocation
): Promise<Target[]> {
  const { deps } = invocation;
  const expected = await expectedTargets(command, scope, deps);
  if (!invocation.out.canAsk) throw unasked(command, expected);
  const all = targetsFor(scope, deps.io);
  const initial = all.filter(({ agent }) => expected.some((each) => each.agent === agent));
  const shown = command === "install" ? all : initial;
  if (shown.length === 0) return [];
  return pickMany(invocation, {
    message: command === "install" ? "Install Imgwire into" : "Remove Imgwire from",
    options: shown.map((target) => ({ value: target, label: target.agent.title, hint: target.file })),
    initial,
    cancelled: "Nothing was changed."
  });
}

/** Returns the agents on this machine or, for `uninstall`, those that have the entry or the skill. */
export async function expectedTargets(command: Command, scope: Scope, deps: Deps): Promise<Target[]> {
  const targets = targetsFor(scope, deps.io);
  if (command === "install") return targets.filter(({ agent }) => isPresent(agent, machineOf(deps.io)));
  const entries = await Promise.all(
    targets.map(({ agent, file }) =>
      // An unreadable file shouldn't hide the other agents; naming that agent reports the problem.
      readEntry(file, { ...agent, name: ENTRY_NAME }).catch(() => undefined)
    )
  );
  return targets.filter(
    ({ agent }, index) => entries[index] !== undefined || isSkillInstalled(agent, scope, deps)
  );
}

function targetsFor(scope: Scope, io: Io): Target[] {
  return AGENTS.flatMap((agent) => {
    const file = fileOf(agent, scope, io);
    return file ? [{ agent, file }] : [];
  });
}

function unasked(command: Command, expected: readonly Target[]): UsageError {
  const ids = expected.map(({ agent }) => agent.id);
  const found = ids.length > 0 ? ids.join(", ") : "none";
  const there = command === "install" ? `found here: ${found}` : `installed in: ${found}`;
  return new UsageError(`Which agents? Name them (${there}).`, {
    hint: `For example: imgwire ${command} ${ids.join(" ") || "claude-code"}. To see all: imgwire install --list`
  });
}

function idsOf(agents: readonly Agent[]): string {
  return agents.map(({ id }) => id).join(", ");
}
