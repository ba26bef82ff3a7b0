import type {
  CallToolResult,
  ElicitRequestFormParams,
  ElicitResult,
  Tool
} from "@modelcontextprotocol/client";
import type { Progress } from "../calls/hosted-call.ts";
import type { HostedContext } from "../service/uploads.ts";

/** Puts a form to the user. */
export type Elicit = (params: ElicitRequestFormParams, signal: AbortSignal) => Promise<ElicitResult>;

/** What a local tool is given for one call. */
export interface LocalCallContext extends HostedContext {
  /** Reports progress to the agent; does nothing where it did not ask for any. */
  progress: (progress: Progress) => void;
  /** The client's roots as absolute paths, asked for when first needed; empty where the client has none. */
  roots: () => Promise<readonly string[]>;
  /**
   * Whether the agent takes a `resource_link` for what it is: some fetch it at once, and fill the model's
   * window.
   */
  takesLinks: boolean;
  /** Asks the agent's user; undefined where the client does not offer form elicitation. */
  elicit: Elicit | undefined;
}

/** A tool that this program runs itself, on top of hosted ones. */
export interface LocalTool {
  readonly name: string;
  /**
   * The tool as the agent is to see it, made from the hosted list; undefined where a hosted tool it stands on
   * is missing. A description of the same name as a hosted tool replaces that one.
   */
  describe(hosted: ReadonlyMap<string, Tool>): Tool | undefined;
  /** Whether this call is for the local tool; one that is not goes to the hosted tool of the same name. */
  handles(args: Record<string, unknown>): boolean;
  /** Runs the call. Whatever it throws becomes an `isError` result made of the error's message and hint. */
  call(args: Record<string, unknown>, context: LocalCallContext): Promise<CallToolResult>;
}
