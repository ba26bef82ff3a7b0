/** What the agent wants to be told besides the answers to its requests, in whatever era it says so. */
export class Interests {
  /** The lowest log level to pass on; undefined while it has asked for none. */
  logLevel: string | undefined;
  /** URIs of the resources whose updates it wants. */
  readonly resources = new Set<string>();
}

/** Levels of log messages, from the least severe to the most (MCP 2025-11-25, server/utilities/logging). */
export const LOG_LEVELS: readonly string[] = [
  "debug",
  "info",
  "notice",
  "warning",
  "error",
  "critical",
  "alert",
  "emergency"
];
