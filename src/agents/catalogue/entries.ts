import type { Agent } from "../agent.ts";
import type { StdioCommand } from "../command.ts";
import type { ConfigTable } from "../formats/format.ts";

/** `{command, args, env}`, with `env` only where it holds something. */
export function plainStdio({ command, args, env }: StdioCommand): ConfigTable {
  return { command, args: [...args], ...variables("env", env) };
}

/** The same with the `type` that some agents ask for. */
export function typedStdio(command: StdioCommand): ConfigTable {
  return { type: "stdio", ...plainStdio(command) };
}

/** Command and arguments in one list, as opencode and its relatives read them. */
export function argvStdio({ command, args, env }: StdioCommand): ConfigTable {
  return { type: "local", command: [command, ...args], ...variables("environment", env) };
}

/** A member with a copy of the variables, or none where there are none. */
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

/** The folders of skills that agents of several vendors share. */
export const SHARED_SKILLS: NonNullable<Agent["skills"]> = {
  user: ({ home, join }) => join(home, ".agents", "skills"),
  project: ".agents/skills"
};
