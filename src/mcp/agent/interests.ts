/** The levels of log messages, the least important first (RFC 5424, as MCP names them). */
export const LEVELS: readonly string[] = [
  "debug",
  "info",
  "notice",
  "warning",
  "error",
  "critical",
  "alert",
  "emergency"
];

/** What the agent wants to be told beside the answers to its requests, in whatever era it says so. */
export class Wishes {
  /** The lowest log level to pass on; undefined when it asked for none. */
  logLevel: string | undefined;
  /** Resources whose updates it wants, by URI. */
  readonly resources = new Set<string>();
}
