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
import type { InputRequests, InputResponse, InputResponses } from "../protocol/input-request.ts";
import type { ClientInfo } from "../protocol/capabilities.ts";

/** Options for this program's own requests. */
export interface HostedCallOptions {
  signal?: AbortSignal;
  onProgress?: (progress: Progress) => void;
  /**
   * Whether the call may be retried if it isn't known whether it arrived, because it only reads or carries an
   * idempotency key.
   */
  repeatable?: boolean;
}

/**
 * What this program makes its own requests with: a way to send them, and the client on whose behalf they are
 * made.
 */
export interface Requester {
  send: (call: HostedCall) => void;
  client: ClientInfo;
  headers?: Headers;
  /** Reports a problem with an answer that can still be used. */
  warn?: (message: string) => void;
  /** Responds to the hosted server's input requests; without it they are refused. */
  ask?: (questions: InputRequests, signal?: AbortSignal) => Promise<InputResponses>;
}

/** Refuses an input request because nobody is there to answer it. */
export const NO_USER: InputResponse = {
  error: { code: METHOD_NOT_FOUND, message: "There is no user to ask." }
};

let lastNumber = 0;

/** Returns an id for one of our own requests, which no agent uses. */
export function nextId(): Id {
  return `imgwire-mcp:${++lastNumber}`;
}

/** One of this program's own requests, as a promise. */
class OwnCall implements HostedCall {
  readonly era: Era = "legacy";
  readonly raw = undefined;
  readonly request: Request;
  readonly client: ClientInfo;
  readonly repeatable: boolean;
  /**
   * Resolves with the result. Rejects if the request fails; for a JSON-RPC error, with ImgwireError
   * `protocol`.
   */
  readonly result: Promise<Params>;
  headers: Headers;
  open = true;
  #resolve!: (result: Params) => void;
  #reject!: (error: unknown) => void;
  #cancel: (() => void) | undefined;

  constructor(
    private readonly requester: Requester,
    method: string,
    params: Params,
    private readonly options: HostedCallOptions
  ) {
    const id = nextId();
    const asked = options.onProgress ? { ...params, _meta: { progressToken: id } } : params;
    this.request = { jsonrpc: "2.0", id, method, params: asked };
    this.client = requester.client;
    this.headers = requester.headers ?? {};
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
    if (this.requester.ask) return this.requester.ask(questions, signal);
    return respondToAll(questions, NO_USER);
  }

  askForRetry(questions: InputRequests): Promise<InputResponses> {
    return this.ask(questions);
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

/** Makes one of our own requests and returns its result. @throws as {@link OwnCall.result} rejects */
export function ownRequest(
  requester: Requester,
  method: string,
  params: Params = {},
  options: HostedCallOptions = {}
): Promise<Params> {
  const call = new OwnCall(requester, method, params, options);
  if (call.open) requester.send(call);
  return call.result;
}
