import type {
  CallToolResult,
  ElicitRequestFormParams,
  ElicitResult,
  Tool
} from "@modelcontextprotocol/client";

/** Progress of a call, as `notifications/progress` carries it. */
export interface Progress {
  progress: number;
  total?: number;
  message?: string;
}

/** How one of the program's own calls of a hosted tool is to be made. */
export interface HostedCallOptions {
  signal?: AbortSignal;
  onProgress?: (progress: Progress) => void;
  /** The call may be sent again when it is not known whether it arrived: it only reads, or carries an idempotency key. */
  repeatable?: boolean;
}

/** The hosted tools as this program calls them itself, in an id space of its own. */
export interface HostedTools {
  /**
   * The live tool list, all pages.
   * @throws SignInNeededError, UnreachableError, or ImgwireError `protocol` for a JSON-RPC error
   */
  list(options?: { signal?: AbortSignal }): Promise<Tool[]>;
  /** Calls a hosted tool; a result with `isError` is returned, not thrown. Throws as `list` does. */
  call(name: string, args: Record<string, unknown>, options?: HostedCallOptions): Promise<CallToolResult>;
}

/** Puts a form to the user; undefined where nobody can be asked. */
export type Elicit = (params: ElicitRequestFormParams, signal: AbortSignal) => Promise<ElicitResult>;
