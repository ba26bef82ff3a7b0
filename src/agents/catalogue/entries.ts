import type { Agent } from "../agent.ts";
import type { StdioCommand } from "../command.ts";
import type { ConfigTable } from "../formats/format.ts";

/** `{command, args, env}`; `env` is left out if empty. */
export function plainStdio({ command, args, env }: StdioCommand): ConfigTable {
  return { command, args: [...args], ...variables("env", env) };
}

/** The same with the `type` that some agents require. */
export function typedStdio(command: StdioCommand): ConfigTable {
  return { type: "stdio", ...plainStdio(command) };
}

/** Command and arguments in one list, as read by opencode and its relatives. */
export function argvStdio({ command, args, env }: StdioCommand): ConfigTable {
  return { type: "local", command: [command, ...args], ...variables("environment", env) };
}

/** A member with a copy of the variables; empty if there are none. */
export function variables(key: string, env: StdioCommand["env"]): ConfigTable {
  return Object.keys(env).length > 0 ? { [key]: { ...env } } : {};
}

/** `{type: "http", url}` */
export function typedHttp(url: URL): ConfigTable {
  return { type: "http", url: url.href };
}

/** `{url}` */
export function plainUrl(url: URL): ConfigTable {
  return { url: url.href };
}

/** `{serverUrl}` */
export function serverUrl(url: URL): ConfigTable {
  return { serverUrl: url.href };
}

/** Skill folders that agents of several vendors share. */
export const SHARED_SKILLS: NonNullable<Agent["skills"]> = {
  user: ({ home, join }) => join(home, ".agents", "skills"),
  project: ".agents/skills"
};
