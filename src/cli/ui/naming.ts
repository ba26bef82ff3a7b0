import type { Io } from "../../system/io.ts";

/** `imgwire` where a command line begins: in backticks, after a colon or a pipe, or first on a line. */
const COMMAND_LINE = /(^|[`|(:]|=> ?)( *)imgwire (?=[a-z<-])/gm;

/**
 * What people have to type to run this program's commands. Whoever came by `npx`, or runs `imgwire-mcp`, may
 * have no `imgwire`, or another package's.
 */
export function programName(bin: string, { env }: Pick<Io, "env">): string {
  if (bin !== "imgwire-mcp") return bin;
  return env["npm_command"] === "exec" ? "npx -y imgwire-mcp" : bin;
}

/** Names the program in the command lines within a text as it was started. */
export function namedAs(name: string, text: string): string {
  return name === "imgwire" ? text : text.replace(COMMAND_LINE, `$1$2${name} `);
}
