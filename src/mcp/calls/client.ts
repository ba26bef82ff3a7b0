import type { CallToolResult, Tool } from "@modelcontextprotocol/client";
import { ImgwireError } from "../../errors.ts";
import type { Answers, ClientFacts, HostedCall, Questions } from "./agent-call.ts";
import type { HostedCallOptions, HostedTools } from "../hosted/hosted.ts";
import { isObject, type Params } from "../protocol/message.ts";
import { OwnCall } from "./own-call.ts";

/** What the hosted side is asked with: the way there, and for whom. */
export interface Requester {
  send: (call: HostedCall) => void;
  client: ClientFacts;
  ask?: (questions: Questions, signal?: AbortSignal) => Promise<Answers>;
}

/** A page list longer than this is taken for one that never ends. */
const MAX_PAGES = 100;

/** Makes one request of our own and waits for its result. Throws as {@link OwnCall.result} rejects. */
export function request(
  { send, client, ask }: Requester,
  method: string,
  params: Params = {},
  options: HostedCallOptions = {}
): Promise<Params> {
  const call = new OwnCall(method, params, { client, ask, ...options });
  if (call.open) send(call);
  return call.result;
}

/** The hosted tools over a connection: see {@link HostedTools}. */
export function hostedTools(requester: Requester): HostedTools {
  return {
    async list(options) {
      return (await listTools(requester, options?.signal)).tools;
    },
    async call(name, args, options) {
      return (await request(requester, "tools/call", { name, arguments: args }, options)) as CallToolResult;
    }
  };
}

/** All pages of the live tool list, with the caching hints that hold for every page (MCP 2026-07-28, caching). */
export async function listTools(
  requester: Requester,
  signal?: AbortSignal
): Promise<{ tools: Tool[]; ttlMs: number; cacheScope: "public" | "private" }> {
  const tools: Tool[] = [];
  let cursor: unknown;
  let ttlMs = Number.POSITIVE_INFINITY;
  let cacheScope: "public" | "private" = "public";
  for (let page = 0; page < MAX_PAGES; page++) {
    const params = cursor === undefined ? {} : { cursor };
    const result = await request(requester, "tools/list", params, signal ? { signal } : {});
    if (!Array.isArray(result["tools"])) throw notAList();
    tools.push(...(result["tools"] as Tool[]));
    ttlMs = Math.min(ttlMs, Number.isFinite(result["ttlMs"]) ? Math.max(0, Number(result["ttlMs"])) : 0);
    cursor = result["nextCursor"];
    if (result["cacheScope"] !== "public") cacheScope = "private";
    if (typeof cursor !== "string" || tools.length > MAX_TOOLS) return { tools, ttlMs, cacheScope };
  }
  throw notAList();
}

/** More tools than this are not passed on: no agent could use them. */
export const MAX_TOOLS = 1_000;

function notAList(): ImgwireError {
  return new ImgwireError("protocol", "The hosted server's tool list cannot be read.");
}

/** Whether a client can be shown a form (elicitation of 2025-06-18 and later; an empty capability means forms). */
export function takesForms({ capabilities }: ClientFacts): boolean {
  const elicitation = capabilities["elicitation"];
  if (!isObject(elicitation)) return false;
  return isObject(elicitation["form"]) || !isObject(elicitation["url"]);
}

/** Whether a client can be sent to a URL (elicitation of 2025-11-25 and later). */
export function takesUrls({ capabilities }: ClientFacts): boolean {
  const elicitation = capabilities["elicitation"];
  return isObject(elicitation) && isObject(elicitation["url"]);
}

/** Whether capabilities that were declared hold all of others, parts of theirs included. */
export function includesCapabilities(declared: Params, others: Params): boolean {
  if (declared === others) return true;
  return Object.entries(others).every(([name, value]) => {
    const known = declared[name];
    return isObject(value) ? isObject(known) && includesCapabilities(known, value) : !value || Boolean(known);
  });
}

/** All that is in either of two sets of capabilities. */
export function joinCapabilities(one: Params, other: Params): Params {
  const joined = { ...one };
  for (const [name, value] of Object.entries(other)) {
    const known = one[name];
    joined[name] = isObject(known) && isObject(value) ? joinCapabilities(known, value) : known || value;
  }
  return joined;
}
