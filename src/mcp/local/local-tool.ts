import type {
  CallToolResult,
  ElicitRequestFormParams,
  ElicitResult,
  Tool
} from "@modelcontextprotocol/client";
import { UsageError } from "../../errors.ts";
import type { Inspected } from "../../transfer/inspect.ts";
import type { Progress } from "../calls/hosted-call.ts";
import type { HostedContext } from "../service/transfers.ts";

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
  /** Fits the hosted tool's result of a call that is not for the local tool to the output schema shown. */
  adapt?: (result: Record<string, unknown>) => Record<string, unknown>;
  /** Runs the call. Whatever it throws becomes an `isError` result made of the error's message and hint. */
  call(args: Record<string, unknown>, context: LocalCallContext): Promise<CallToolResult>;
}

/** What a tool that sends files to Imgwire does to the world. */
export const UPLOADS = {
  readOnlyHint: false,
  destructiveHint: false,
  idempotentHint: true,
  openWorldHint: true
} as const;

/** The hosted upload's arguments as a model that has the file's path is to see them. */
const DESCRIPTIONS: Readonly<Record<string, string>> = {
  file_name: 'Name to store it under, for example "hero.png". Default: the file\'s own.',
  mime_type: 'Leave out with `path`. For example "image/png".',
  content_length: "Leave out with `path`. Size in bytes, for example 34512.",
  hash_sha256: 'Leave out with `path`. SHA-256 in hex, for example "9f86d081…".',
  idempotency_key: 'Leave out with `path`. The same key creates one image only, for example "hero-v2".',
  purpose: 'What the image is for, for example "documentation".',
  custom_metadata: 'Your own key-value data, for example {"page": "home"}.'
};

/** An argument of the hosted upload, described for a local file where this program knows it. */
export function described(name: string, schema: unknown): object {
  const own = typeof schema === "object" && schema !== null ? schema : {};
  const description = DESCRIPTIONS[name];
  return description === undefined ? own : { ...own, description };
}

/** Whether a value is a list of strings with something in it. */
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

/** The argument of the tools that send files. */
export const STRIP_METADATA = {
  type: "boolean",
  description: "Set to true to remove position, serial numbers and names from local images first."
};

/**
 * Whether a call wants metadata removed.
 * @throws UsageError
 */
export function stripsMetadata(value: unknown, byDefault: boolean | undefined): boolean {
  if (value === undefined) return byDefault === true;
  if (typeof value === "boolean") return value;
  throw new UsageError("`strip_metadata` must be true or false.");
}

/** What is to be known about an image that was sent as it is. */
export function positionNote({ hasPosition, fileName }: Inspected): string | undefined {
  if (!hasPosition) return undefined;
  return `${fileName} says where it was taken, for everyone with its URL to read; \`strip_metadata\` removes that.`;
}
