import type { CallToolResult, ContentBlock, Tool } from "@modelcontextprotocol/client";
import { ImgwireError } from "../../errors.ts";
import { isObject } from "../../system/json.ts";
import type { Params } from "../protocol/message.ts";
import { type HostedCallOptions, ownRequest, type Requester } from "./own-call.ts";

/** A list with more pages than this is treated as endless. */
const MAX_PAGES = 100;
/** The most tools that are passed on: no agent could use more. */
export const MAX_TOOLS = 1_000;
/** The most characters of JSON in all pages together. An agent is shown a tenth of that at most. */
const MAX_LIST_CHARS = 10 * 1024 * 1024;
/** The same limits, for skills. */
const MAX_SKILL_PAGES = 20;
const MAX_SKILL_CHARS = 1024 * 1024;

/** The hosted tools, for calls made by this program itself. */
export interface HostedTools {
  /**
   * Fetches the live tool list, all pages.
   * @throws SignInNeededError, UnreachableError, or ImgwireError `protocol` for a JSON-RPC error
   */
  list(options?: { signal?: AbortSignal }): Promise<Tool[]>;
  /** Calls a hosted tool; a result with `isError` is returned, not thrown. Throws as `list` does. */
  call(name: string, args: Record<string, unknown>, options?: HostedCallOptions): Promise<CallToolResult>;
}

/** Creates {@link HostedTools} that make their calls through a requester. */
export function hostedTools(requester: Requester): HostedTools {
  return {
    async list(options) {
      return (await listTools(requester, options?.signal)).tools;
    },
    async call(name, args, options) {
      return toToolResult(await ownRequest(requester, "tools/call", { name, arguments: args }, options));
    }
  };
}

/**
 * Makes a valid tool result of whatever a server has sent: drops invalid content blocks and members of the
 * wrong type. Members that MCP doesn't define are kept.
 */
export function toToolResult({ content, structuredContent, isError, ...rest }: Params): CallToolResult {
  return {
    ...rest,
    content: Array.isArray(content) ? content.filter(isBlock) : [],
    ...(isObject(structuredContent) && { structuredContent }),
    ...(typeof isError === "boolean" && { isError })
  };
}

function isBlock(value: unknown): value is ContentBlock {
  if (!isObject(value) || typeof value["type"] !== "string") return false;
  return value["type"] !== "text" || typeof value["text"] === "string";
}

/** The live tool list, with caching hints that are valid for all of its pages (MCP 2026-07-28, caching). */
export interface ListedTools {
  tools: Tool[];
  ttlMs: number;
  cacheScope: "public" | "private";
}

/**
 * Lists the tools on all pages. If the list is too long, or leads back to a page that was already read, stops
 * with a warning and returns what was read.
 * @throws as {@link ownRequest} does; ImgwireError `protocol` for a page without a list of tools
 */
export async function listTools(requester: Requester, signal?: AbortSignal): Promise<ListedTools> {
  const listed: ListedTools = { tools: [], ttlMs: Number.POSITIVE_INFINITY, cacheScope: "public" };
  const seen = new Set<unknown>();
  let size = 0;
  for (let cursor: unknown; ;) {
    const params = cursor === undefined ? {} : { cursor };
    const result = await ownRequest(requester, "tools/list", params, signal ? { signal } : {});
    for (const tool of toolsOf(result)) size += sizeOf(tool);
    addPage(listed, result, size <= MAX_LIST_CHARS);
    cursor = result["nextCursor"];
    if (typeof cursor !== "string" || listed.tools.length > MAX_TOOLS) return listed;
    const tooLong = seen.size >= MAX_PAGES || size > MAX_LIST_CHARS;
    if (tooLong || seen.has(cursor)) {
      requester.warn?.(
        `Imgwire's tool list ${tooLong ? "is too long" : "never ends"}; the rest of it was not read.`
      );
      return listed;
    }
    seen.add(cursor);
  }
}

function addPage(listed: ListedTools, result: Params, fits: boolean): void {
  if (fits) listed.tools.push(...(result["tools"] as Tool[]));
  const ttlMs = Number.isFinite(result["ttlMs"]) ? Math.max(0, Number(result["ttlMs"])) : 0;
  listed.ttlMs = Math.min(listed.ttlMs, ttlMs);
  if (result["cacheScope"] !== "public") listed.cacheScope = "private";
}

/** The length as JSON; 0 for a tool that is nested too deeply to be serialized, which is left out later. */
function sizeOf(value: unknown): number {
  try {
    return (JSON.stringify(value) ?? "").length;
  } catch {
    return 0;
  }
}

function toolsOf({ tools }: Params): unknown[] {
  if (Array.isArray(tools)) return tools;
  throw new ImgwireError("protocol", "Imgwire's tool list can't be read.");
}

/**
 * Lists the entries of the hosted server's skills, all pages (SEP-2640, `skills/list`). If the list is too
 * long, returns the pages that fit.
 * @throws as {@link ownRequest}
 */
export async function hostedSkills(requester: Requester): Promise<unknown[]> {
  const listed: unknown[] = [];
  let size = 0;
  let cursor: unknown;
  for (let page = 0; page < MAX_SKILL_PAGES; page += 1) {
    const params = cursor === undefined ? {} : { cursor };
    const { skills, nextCursor } = await ownRequest(requester, "skills/list", params);
    const entries: unknown[] = Array.isArray(skills) ? skills : [];
    size += JSON.stringify(entries).length;
    if (size > MAX_SKILL_CHARS) return listed;
    listed.push(...entries);
    if (typeof nextCursor !== "string" || nextCursor === cursor) return listed;
    cursor = nextCursor;
  }
  return listed;
}
