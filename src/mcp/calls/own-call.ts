import type { CallToolResult, Tool } from "@modelcontextprotocol/client";
import { ImgwireError } from "../../errors.ts";
import {
  type Era,
  type Id,
  METHOD_NOT_FOUND,
  type Notification,
  type Params,
  type Request,
  type Response
} from "../protocol/message.ts";
import { type Headers, type HostedCall, type Progress, respondToAll } from "./hosted-call.ts";
import type { InputRequests, InputResponses } from "../protocol/input-request.ts";
import type { ClientInfo } from "../protocol/capabilities.ts";
import { toToolResult } from "./tool-result.ts";

/** How a request of this program's own is made. */
export interface OwnCallOptions {
  client: ClientInfo;
  headers?: Headers | undefined;
  signal?: AbortSignal | undefined;
  onProgress?: ((progress: Progress) => void) | undefined;
  repeatable?: boolean | undefined;
  /** Answers the hosted server's questions; without it they are refused. */
  ask?: ((questions: InputRequests, signal?: AbortSignal) => Promise<InputResponses>) | undefined;
}

let made = 0;

/** An id for a request of our own, unlike any agent's. */
export function nextId(): Id {
  return `imgwire-mcp:${++made}`;
}

/**
 * A request that this program makes itself, as a promise. Its id is unlike any agent's, and nothing hangs on
 * that: an answer is found by the exchange it comes in.
 */
class OwnCall implements HostedCall {
  readonly era: Era = "legacy";
  readonly raw = undefined;
  readonly request: Request;
  readonly client: ClientInfo;
  readonly repeatable: boolean;
  /**
   * Resolves with the result; rejects with what went wrong, an ImgwireError `protocol` for a JSON-RPC error.
   */
  readonly result: Promise<Params>;
  headers: Headers;
  open = true;
  #resolve!: (result: Params) => void;
  #reject!: (error: unknown) => void;
  #cancel: (() => void) | undefined;

  constructor(
    method: string,
    params: Params,
    private readonly options: OwnCallOptions
  ) {
    const id = nextId();
    const asked = options.onProgress ? { ...params, _meta: { progressToken: id } } : params;
    this.request = { jsonrpc: "2.0", id, method, params: asked };
    this.client = options.client;
    this.headers = options.headers ?? {};
    this.repeatable = options.repeatable ?? method !== "tools/call";
    this.result = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    if (options.signal?.aborted) this.#abort();
    else options.signal?.addEventListener("abort", this.#abort, { once: true });
  }

  respond(response: Response): void {
    if (!this.#settle()) return;
    if (response.result) this.#resolve(response.result);
    else this.#reject(protocolError(response));
  }

  fail(error: unknown): void {
    if (this.#settle()) this.#reject(error);
  }

  notify(notification: Notification): void {
    if (notification.method !== "notifications/progress") return;
    const { progress, total, message } = notification.params ?? {};
    if (typeof progress !== "number") return;
    this.options.onProgress?.({
      progress,
      ...(typeof total === "number" && { total }),
      ...(typeof message === "string" && { message })
    });
  }

  async ask(questions: InputRequests, signal?: AbortSignal): Promise<InputResponses> {
    if (this.options.ask) return this.options.ask(questions, signal);
    return respondToAll(questions, { error: { code: METHOD_NOT_FOUND, message: "Nobody can be asked." } });
  }

  isRetriedHere(): boolean {
    return true;
  }

  onCancel(listener: () => void): void {
    if (this.open) this.#cancel = listener;
    else listener();
  }

  readonly #abort = (): void => {
    const cancel = this.#cancel;
    if (!this.#settle()) return;
    this.#reject(this.options.signal?.reason ?? new ImgwireError("interrupted", "Cancelled."));
    cancel?.();
  };

  #settle(): boolean {
    if (!this.open) return false;
    this.open = false;
    this.options.signal?.removeEventListener("abort", this.#abort);
    return true;
  }
}

function protocolError(response: Response): ImgwireError {
  const { message, code } = response.error ?? { message: "no result", code: 0 };
  return new ImgwireError("protocol", `Imgwire answered with an error: ${message} (${code}).`, {
    cause: response.error
  });
}

/** How one of the program's own calls of a hosted tool is to be made. */
export interface HostedCallOptions {
  signal?: AbortSignal;
  onProgress?: (progress: Progress) => void;
  /**
   * The call may be sent again when it is not known whether it arrived: it only reads, or carries an
   * idempotency key.
   */
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

/** What the hosted side is asked with: the way there, and for whom. */
export interface Requester {
  send: (call: HostedCall) => void;
  client: ClientInfo;
  headers?: Headers;
  /** Takes what is wrong with an answer that can be used all the same. */
  warn?: (message: string) => void;
  ask?: (questions: InputRequests, signal?: AbortSignal) => Promise<InputResponses>;
}

/** A list with more pages than this is taken for one that never ends. */
const MAX_PAGES = 100;
/** More tools than this are not passed on: no agent could use them. */
export const MAX_TOOLS = 1_000;
/** All pages together, as JSON text. What an agent is shown is a tenth of it. */
const MAX_LIST_CHARS = 10 * 1024 * 1024;

/** Makes one request of our own and waits for its result. Throws as {@link OwnCall.result} rejects. */
export function ownRequest(
  { send, client, headers, ask }: Requester,
  method: string,
  params: Params = {},
  options: HostedCallOptions = {}
): Promise<Params> {
  const call = new OwnCall(method, params, { client, headers, ask, ...options });
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
      return toToolResult(await ownRequest(requester, "tools/call", { name, arguments: args }, options));
    }
  };
}

/** The live tool list, with the caching hints that hold for every page of it (MCP 2026-07-28, caching). */
export interface ListedTools {
  tools: Tool[];
  ttlMs: number;
  cacheScope: "public" | "private";
}

/**
 * Lists the tools of all pages. A list that leads back to a page that was read, or is too long, ends there
 * with a warning: what was read counts.
 * @throws as {@link OwnCall.result} rejects; ImgwireError `protocol` for a first page that cannot be read
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

/**
 * The length as JSON; none for a tool that is nested too deeply to be written: it alone is left out, later.
 */
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
