import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { type Agent, configFile, foldersOf, type Machine, type Scope } from "../../../agents/agent.ts";
import type { Io } from "../../../system/io.ts";

/** This machine and its user. */
export function machineOf({ platform, env }: Io): Machine {
  return { platform, env, home: homedir() };
}

/** The file to write for an agent and a scope in the working directory; undefined if it has none. */
export function fileOf(agent: Agent, scope: Scope, io: Io): string | undefined {
  return configFile(agent, scope, { machine: machineOf(io), projectDir: io.cwd(), exists: existsSync });
}

/** Whether there are signs that an agent has been used on this machine. */
export function isPresent(agent: Agent, machine: Machine): boolean {
  return agent.traces(foldersOf(machine)).some((path) => existsSync(path));
}
