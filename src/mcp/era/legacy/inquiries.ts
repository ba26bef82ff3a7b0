import type { HostedCall } from "../../calls/hosted-call.ts";
import type { InputRequest, InputResponse } from "../../protocol/input-request.ts";
import { checkInputRequest } from "../../protocol/input-request-links.ts";
import { interrupted } from "../../hosted/http/retry.ts";
import type { HostedContext } from "../../hosted/connection.ts";
import {
  type Id,
  INTERNAL_ERROR,
  INVALID_PARAMS,
  INVALID_REQUEST,
  type Request,
  type Response
} from "../../protocol/message.ts";

interface Inquiry {
  controller: AbortController;
  call: HostedCall | undefined;
}

/** No user answers more questions at once; a server that asks on and on must not fill the memory with them. */
const MAX_OPEN = 100;

/**
 * The requests a server of the legacy era makes of the client: each is put to whoever made the call it came with
 * and answered once, under the server's own id.
 */
export class Inquiries {
  #open = new Map<Id, Inquiry>();

  constructor(
    private readonly context: Pick<HostedContext, "log" | "events" | "url">,
    private readonly post: (body: string) => Promise<boolean>
  ) {}

  /**
   * Resolves when nobody is being asked any more.
   * @param call the call in whose stream the request came, where it came in one
   */
  async ask(request: Request, call: HostedCall | undefined): Promise<void> {
    const { id, method, params } = request;
    if (method === "ping") return void this.#post({ jsonrpc: "2.0", id, result: {} });
    if (call && !call.open) return this.#refuse(id, INVALID_REQUEST, "The call it came with is over.");
    if (this.#open.has(id))
      return this.context.log.warn(`The hosted server used the id ${JSON.stringify(id)} twice.`);
    if (this.#open.size >= MAX_OPEN) return this.#refuse(id, INTERNAL_ERROR, "Too many questions are open.");
    try {
      checkInputRequest(request, this.context);
    } catch (error) {
      this.#refuse(id, INVALID_PARAMS, (error as Error).message);
      return call?.fail(error);
    }
    const inquiry = { controller: new AbortController(), call };
    this.#open.set(id, inquiry);
    const { signal } = inquiry.controller;
    const answer = await this.#answer({ method, ...(params && { params }) }, call, signal);
    if (this.#open.get(id) === inquiry) this.#open.delete(id);
    if (signal.aborted || (await this.#post({ jsonrpc: "2.0", id, ...answer }))) return;
    call?.fail(interrupted());
  }

  #refuse(id: Id, code: number, message: string): void {
    void this.#post({ jsonrpc: "2.0", id, error: { code, message } });
  }

  #post(response: Response): Promise<boolean> {
    return this.post(written(response));
  }

  /** The session they were asked in is gone: what waits for an answer to one will never go on. */
  lost(): void {
    for (const [id, { call }] of this.#open) {
      this.withdraw(id);
      call?.fail(interrupted());
    }
  }

  /** The server has withdrawn its request: it is not answered any more. */
  withdraw(id: Id): void {
    this.#open.get(id)?.controller.abort();
    this.#open.delete(id);
  }

  /** A call is over: what was asked for its sake is asked no more. */
  end(call: HostedCall): void {
    for (const [id, inquiry] of this.#open) if (inquiry.call === call) this.withdraw(id);
  }

  async #answer(
    question: InputRequest,
    call: HostedCall | undefined,
    signal: AbortSignal
  ): Promise<InputResponse> {
    try {
      const answers = await (call ?? this.context.events).ask({ question }, signal);
      return answers["question"]!;
    } catch (error) {
      return { error: { code: INTERNAL_ERROR, message: String(error) } };
    }
  }
}

/** An answer as text, or an error in its place where it is nested too deeply: that can be read, but not written. */
function written(response: Response): string {
  try {
    return JSON.stringify(response);
  } catch {
    const error = { code: INTERNAL_ERROR, message: "The client's answer is nested too deeply." };
    return JSON.stringify({ jsonrpc: "2.0", id: response.id, error });
  }
}
