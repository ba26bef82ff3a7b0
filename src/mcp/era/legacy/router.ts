import { isObject } from "../../../system/json.ts";
import type { HostedCall } from "../../calls/hosted-call.ts";
import type { HostedContext } from "../../hosted/connection.ts";
import { interrupted } from "../../hosted/http/errors.ts";
import { type InFlightRequest, type InFlightRequests, whileAsking } from "../../hosted/http/in-flight.ts";
import {
  checkInputRequest,
  checkResponse,
  type InputRequest,
  type InputResponse
} from "../../protocol/input-request.ts";
import {
  type Id,
  type Incoming,
  INTERNAL_ERROR,
  INVALID_PARAMS,
  INVALID_REQUEST,
  type Notification,
  type Request,
  type Response
} from "../../protocol/message.ts";
import type { Session } from "./session.ts";

/** A request that the server has made of the client. */
interface ServerRequest {
  controller: AbortController;
  call: HostedCall | undefined;
}

/** No user answers more at once, and a server that keeps asking must not fill the memory. */
const MAX_SERVER_REQUESTS = 100;

/**
 * Routes the server's messages, whatever stream they come in: responses by the id of our request, the
 * server's requests by theirs. These ids may be equal and are kept apart. A request of the server is put to
 * whoever made the call it came with, and is answered once under the server's id.
 */
export class MessageRouter {
  readonly #requests = new Map<Id, ServerRequest>();

  /**
   * @param sent our requests, which wait for their responses
   * @param session the current session, in which the server's requests are answered
   */
  constructor(
    private readonly context: HostedContext,
    private readonly sent: InFlightRequests,
    private session: Session
  ) {}

  /** Withdraws what the server still asks for the sake of a call that is over. */
  end(over: HostedCall): void {
    for (const [id, { call }] of this.#requests) if (call === over) this.#withdraw(id);
  }

  /**
   * Moves to another session. Responses may still come in open streams, but a call whose server waits for our
   * answer would never go on.
   */
  move(session: Session): void {
    this.session = session;
    for (const [id, { call }] of this.#requests) {
      this.#withdraw(id);
      call?.fail(interrupted());
    }
  }

  /** Takes a message. @param inFlight the request in whose answer it came, if it came in one */
  take(incoming: Incoming, inFlight: InFlightRequest | undefined): void {
    if (inFlight) inFlight.heard = Date.now();
    switch (incoming.kind) {
      case "response":
        return this.#respond(incoming.message, incoming.raw);
      case "request":
        return this.#ask(incoming.message, inFlight);
      case "notification":
        return this.#notify(incoming.message, incoming.raw, inFlight);
      case "error": {
        const { error } = incoming.message;
        if (inFlight) return this.#respond({ jsonrpc: "2.0", id: inFlight.id, error }, undefined);
        return this.context.log.warn(
          `The hosted server sent an error without an id: ${error.message.slice(0, 200)}`
        );
      }
      case "invalid":
        this.context.log.warn(`The hosted server sent a message that is not JSON-RPC: ${incoming.reason}.`);
    }
  }

  #respond(response: Response, raw: string | undefined): void {
    const inFlight = this.sent.find(response.id);
    if (!inFlight) {
      const id = JSON.stringify(response.id).slice(0, 200);
      return this.context.log.debug(`A response nobody waits for was dropped; its id is ${id}.`);
    }
    try {
      checkResponse(response, this.context);
      inFlight.call.respond(response, raw, "legacy");
    } catch (error) {
      inFlight.call.fail(error);
    }
  }

  #notify(notification: Notification, raw: string, inFlight: InFlightRequest | undefined): void {
    const { method, params } = notification;
    if (method === "notifications/cancelled") return this.#withdraw(params?.["requestId"] as Id);
    const isProgress = method === "notifications/progress";
    const target = inFlight ?? (isProgress ? this.#byProgressToken(params?.["progressToken"]) : undefined);
    if (target && (isProgress || method === "notifications/message")) {
      target.heard = Date.now();
      target.call.notify(notification, raw);
    } else {
      this.context.events.notification(notification, raw);
    }
  }

  /** The request that a progress notification outside any request's stream belongs to. */
  #byProgressToken(token: unknown): InFlightRequest | undefined {
    for (const each of this.sent.all()) {
      const meta = each.call.request.params?.["_meta"];
      if (isObject(meta) && meta["progressToken"] === token) return each;
    }
    return undefined;
  }

  #ask(request: Request, inFlight: InFlightRequest | undefined): void {
    // The call is in a session that is gone, and our answer would arrive in another one.
    if (inFlight && inFlight.session !== this.session) return inFlight.call.fail(interrupted());
    // Outside any request's stream it may belong to each of them; nothing waits for a ping.
    const others = request.method === "ping" ? [] : this.sent.all();
    void whileAsking(inFlight ? [inFlight] : others, this.#answer(request, inFlight?.call));
  }

  /** Answers a request of the server. Resolves once nobody is being asked any more. */
  async #answer(request: Request, call: HostedCall | undefined): Promise<void> {
    const { id, method, params } = request;
    if (method === "ping") return void this.#post({ jsonrpc: "2.0", id, result: {} });
    if (!this.#isAcceptable(request, call)) return;
    const serverRequest = { controller: new AbortController(), call };
    this.#requests.set(id, serverRequest);
    const { signal } = serverRequest.controller;
    const response = await this.#put({ method, ...(params && { params }) }, call, signal);
    if (this.#requests.get(id) === serverRequest) this.#requests.delete(id);
    if (signal.aborted || (await this.#post({ jsonrpc: "2.0", id, ...response }))) return;
    call?.fail(interrupted());
  }

  #isAcceptable(request: Request, call: HostedCall | undefined): boolean {
    const { id } = request;
    const refuse = (code: number, message: string): boolean => {
      void this.#post({ jsonrpc: "2.0", id, error: { code, message } });
      return false;
    };
    if (call && !call.open) return refuse(INVALID_REQUEST, "The call it came with is over.");
    if (this.#requests.has(id)) {
      this.context.log.warn(`The hosted server used the id ${JSON.stringify(id).slice(0, 200)} twice.`);
      return false;
    }
    if (this.#requests.size >= MAX_SERVER_REQUESTS)
      return refuse(INTERNAL_ERROR, "Too many requests are open.");
    try {
      checkInputRequest(request, this.context);
      return true;
    } catch (error) {
      call?.fail(error);
      return refuse(INVALID_PARAMS, (error as Error).message);
    }
  }

  async #put(
    request: InputRequest,
    call: HostedCall | undefined,
    signal: AbortSignal
  ): Promise<InputResponse> {
    try {
      const responses = await (call ?? this.context.events).ask({ question: request }, signal);
      return responses["question"]!;
    } catch (error) {
      return { error: { code: INTERNAL_ERROR, message: String(error) } };
    }
  }

  /** Withdraws a request: the server has cancelled it, or the call that it belongs to is over. */
  #withdraw(id: Id): void {
    this.#requests.get(id)?.controller.abort();
    this.#requests.delete(id);
  }

  #post(response: Response): Promise<boolean> {
    return this.session.post(textOf(response));
  }
}

/** A response as text; an error in its place if it is nested too deeply to be written. */
function textOf(response: Response): string {
  try {
    return JSON.stringify(response);
  } catch {
    const error = { code: INTERNAL_ERROR, message: "The client's answer is nested too deeply." };
    return JSON.stringify({ jsonrpc: "2.0", id: response.id, error });
  }
}
