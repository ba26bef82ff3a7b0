import type { Answers, ClientFacts, HostedCall, Questions } from "./agent-call.ts";
import { ImgwireError } from "../../errors.ts";
import type { Progress } from "../hosted/hosted.ts";
import {
  type Era,
  type Id,
  type Notification,
  type Params,
  type Request,
  type Response,
  METHOD_NOT_FOUND
} from "../protocol/message.ts";

/** How a request of this program's own is made. */
export interface OwnCallOptions {
  client: ClientFacts;
  signal?: AbortSignal | undefined;
  onProgress?: ((progress: Progress) => void) | undefined;
  repeatable?: boolean | undefined;
  /** Answers the hosted server's questions; without it they are refused. */
  ask?: ((questions: Questions, signal?: AbortSignal) => Promise<Answers>) | undefined;
}

let made = 0;

/** An id for a request of our own, unlike any agent's. */
export function nextId(): Id {
  return `imgwire-mcp:${++made}`;
}

/**
 * A request that this program makes itself, as a promise. Its id is unlike any agent's, and nothing hangs on that:
 * an answer is found by the exchange it comes in.
 */
export class OwnCall implements HostedCall {
  readonly era: Era = "legacy";
  readonly raw = undefined;
  readonly request: Request;
  readonly client: ClientFacts;
  readonly repeatable: boolean;
  /** Resolves with the result; rejects with what went wrong, an ImgwireError `protocol` for a JSON-RPC error. */
  readonly result: Promise<Params>;
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

  async ask(questions: Questions, signal?: AbortSignal): Promise<Answers> {
    if (this.options.ask) return this.options.ask(questions, signal);
    const error = { code: METHOD_NOT_FOUND, message: "Nobody can be asked." };
    return Object.fromEntries(Object.keys(questions).map((key) => [key, { error }]));
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
  return new ImgwireError("protocol", `The hosted server answered with an error: ${message} (${code}).`, {
    cause: response.error
  });
}
