import type { Io } from "../../system/io.ts";

/**
 * Matches `imgwire` at the start of a command line: in backticks, after a colon or a pipe, or first on a
 * line.
 */
const COMMAND_LINE = /(^|[`|(:]|=> ?)( *)imgwire (?=[a-z<-])/gm;

/**
 * What people have to type to run this program's commands. With `npx` or `imgwire-mcp` there may be no
 * `imgwire` command, or it may belong to another package.
 */
export function programName(bin: string, { env }: Pick<Io, "env">): string {
  if (bin !== "imgwire-mcp") return bin;
  return env["npm_command"] === "exec" ? "npx -y imgwire-mcp" : bin;
}

/** Rewrites the command lines in a text to the name that the program was started by. */
export function namedAs(name: string, text: string): string {
  return name === "imgwire" ? text : text.replace(COMMAND_LINE, `$1$2${name} `);
}
