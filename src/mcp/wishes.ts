/** What the agent wants to be told beside the answers to its requests, in whatever era it says so. */
export class Wishes {
  /** The lowest log level to pass on; undefined when it asked for none. */
  logLevel: string | undefined;
  /** Resources whose updates it wants, by URI. */
  readonly resources = new Set<string>();
}
