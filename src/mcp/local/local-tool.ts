import type {
  CallToolResult,
  ElicitRequestFormParams,
  ElicitResult,
  Tool
} from "@modelcontextprotocol/client";
import { UsageError } from "../../errors.ts";
import { isObject } from "../../system/json.ts";
import type { Inspected } from "../../transfer/inspect.ts";
import type { Progress } from "../calls/hosted-call.ts";
import type { HostedContext } from "../service/transfers.ts";

/** Shows the user a form. */
export type Elicit = (params: ElicitRequestFormParams, signal: AbortSignal) => Promise<ElicitResult>;

/** What a local tool is given for one call. */
export interface LocalCallContext extends HostedContext {
  /** Reports progress to the agent; does nothing if the agent didn't ask for it. */
  progress: (progress: Progress) => void;
  /** The client's roots as absolute paths, requested when first needed; empty if the client has none. */
  roots: () => Promise<readonly string[]>;
  /**
   * Whether results may have a `resource_link`. Some agents fetch it immediately and fill the model's context
   * window with it.
   */
  takesLinks: boolean;
  /** Asks the agent's user; undefined if the client doesn't support form elicitation. */
  elicit: Elicit | undefined;
}

/** A tool that this program runs itself, on top of hosted ones. */
export interface LocalTool {
  readonly name: string;
  /**
   * Describes the tool to the agent, given the hosted tools; undefined if a hosted tool that it needs is
   * missing. Of the hosted tools, only `upload_image` gives way to a local tool of the same name.
   */
  describe(hosted: ReadonlyMap<string, Tool>): Tool | undefined;
  /**
   * Whether a call with these arguments is for the local tool; otherwise it goes to the hosted tool of that
   * name.
   */
  handles(args: Record<string, unknown>): boolean;
  /**
   * Adapts the hosted tool's result, for calls that go there, to the output schema that the agent was shown.
   */
  adapt?: (result: Record<string, unknown>) => Record<string, unknown>;
  /** Runs the call. An error that it throws becomes an `isError` result with the error's message and hint. */
  call(args: Record<string, unknown>, context: LocalCallContext): Promise<CallToolResult>;
}

/** The annotations of tools that send files to Imgwire. */
export const UPLOADS = {
  readOnlyHint: false,
  destructiveHint: false,
  idempotentHint: true,
  openWorldHint: true
} as const;

/** Descriptions of the hosted upload's arguments, for a model that has the file's path. */
const DESCRIPTIONS: Readonly<Record<string, string>> = {
  file_name: 'Name to store it under, for example "hero.png". Default: the file\'s own.',
  mime_type: 'Leave out with `path`. For example "image/png".',
  content_length: "Leave out with `path`. Size in bytes, for example 34512.",
  hash_sha256: 'Leave out with `path`. SHA-256 in hex, for example "9f86d081…".',
  idempotency_key: 'Leave out with `path`. The same key creates one image only, for example "hero-v2".',
  purpose: 'What the image is for, for example "documentation".',
  custom_metadata: 'Your own key-value data, for example {"page": "home"}.'
};

/** The schema of a hosted upload's argument, with our description of it if there is one. */
export function describeArgument(name: string, schema: unknown): object {
  const own = isObject(schema) ? schema : {};
  const description = DESCRIPTIONS[name];
  return description === undefined ? own : { ...own, description };
}

/** Whether a value is a non-empty array of strings. */
export function isStrings(value: unknown): value is string[] {
  return Array.isArray(value) && value.length > 0 && value.every((each) => typeof each === "string");
}

/** The icon of the local tools (MCP 2025-11-25, icons): small, since it is sent with each of them. */
export const ICONS = [
  {
    src: "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 9 9'%3E%3Cpath fill='%230b6e5f' d='M0 8l3-5 2 3 1-1 3 3z'/%3E%3C/svg%3E",
    mimeType: "image/svg+xml"
  }
];

/** The `strip_metadata` argument of the tools that send files. */
export const STRIP_METADATA = {
  type: "boolean",
  description: "Set to true to remove location, serial numbers and names from local images first."
};

/** Whether a call wants metadata removed. @throws UsageError if the argument isn't a boolean */
export function stripsMetadata(value: unknown, byDefault: boolean | undefined): boolean {
  if (value === undefined) return byDefault === true;
  if (typeof value === "boolean") return value;
  throw new UsageError("`strip_metadata` must be true or false.");
}

/** A note that an image was sent with its location; undefined if it has none. */
export function positionNote({ hasPosition, fileName }: Inspected): string | undefined {
  if (!hasPosition) return undefined;
  return `${fileName} contains the location where it was taken, visible to anyone with its URL; \`strip_metadata\` removes it.`;
}
