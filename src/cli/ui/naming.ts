import type { Io } from "../../system/io.ts";

/**
 * Matches `imgwire` at the start of a command line: in backticks, after a colon or a pipe, or first on a
 * line.
 */
const COMMAND_LINE = /(^|[`|(:]|=> ?)( *)imgwire (?=[a-z<-])/gm;

/**
 * Returns the program name to show in command lines. A program started with `npx` or as `imgwire-mcp` can't
 * suggest `imgwire`, which may not exist or may belong to another package.
 */
export function programName(bin: string, { env }: Pick<Io, "env">): string {
  if (bin !== "imgwire-mcp") return bin;
  return env["npm_command"] === "exec" ? "npx -y imgwire-mcp" : bin;
}

/** Replaces `imgwire` in the command lines of a text with the given program name. */
export function namedAs(name: string, text: string): string {
  return name === "imgwire" ? text : text.replace(COMMAND_LINE, `$1$2${name} `);
}
