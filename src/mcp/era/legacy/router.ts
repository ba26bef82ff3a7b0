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

/** A request that the server has made to the client. */
interface ServerRequest {
  controller: AbortController;
  call: HostedCall | undefined;
}

/**
 * The most server requests that may be open. No user could answer more, and a server that keeps asking must
 * not exhaust memory.
 */
const MAX_SERVER_REQUESTS = 100;

/**
 * Routes the messages of one session, whatever stream they arrive on. Responses are matched by our ids, and
 * server requests by the server's; the two may be equal, so they are kept apart. A server request goes to the
 * caller of the request on whose stream it arrived, and is answered once, with the server's id.
 */
export class MessageRouter {
  readonly #requests = new Map<Id, ServerRequest>();

  /**
   * @param sent our requests that are waiting for a response
   * @param session the session in which the server's requests are answered
   */
  constructor(
    private readonly context: HostedContext,
    private readonly sent: InFlightRequests,
    readonly session: Session
  ) {}

  /** Withdraws the server requests of a finished call. */
  end(over: HostedCall): void {
    for (const [id, { call }] of this.#requests) if (call === over) this.#withdraw(id);
  }

  /**
   * Withdraws all server requests because the session is lost. Responses may still arrive on open streams,
   * but calls with an open server request fail, because our answer can no longer reach the server.
   */
  abandon(): void {
    for (const [id, { call }] of this.#requests) {
      this.#withdraw(id);
      call?.fail(interrupted());
    }
  }

  /** Handles one message. @param inFlight the request in whose response it arrived, if any */
  take(incoming: Incoming, inFlight: InFlightRequest | undefined): void {
    if (inFlight) inFlight.lastMessageAt = Date.now();
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
        return this.context.log.warn(`Imgwire sent an error without an id: ${error.message.slice(0, 200)}`);
      }
      case "invalid":
        this.context.log.warn(`Imgwire sent a message that is not JSON-RPC: ${incoming.reason}.`);
    }
  }

  #respond(response: Response, raw: string | undefined): void {
    const inFlight = this.sent.find(response.id);
    if (!inFlight) {
      const id = JSON.stringify(response.id).slice(0, 200);
      return this.context.log.debug(`A response that matches no open request was dropped; its id is ${id}.`);
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
      target.lastMessageAt = Date.now();
      target.call.notify(notification, raw);
    } else {
      this.context.events.notification(notification, raw);
    }
  }

  /** Finds the request that a progress notification belongs to if it arrived outside any request's stream. */
  #byProgressToken(token: unknown): InFlightRequest | undefined {
    for (const each of this.sent.all()) {
      const meta = each.call.request.params?.["_meta"];
      if (isObject(meta) && meta["progressToken"] === token) return each;
    }
    return undefined;
  }

  #ask(request: Request, inFlight: InFlightRequest | undefined): void {
    // Our answer could no longer reach the server.
    if (this.session.isLost) return inFlight?.call.fail(interrupted());
    // Outside any request's stream, it may belong to any of them. No request waits for a ping.
    const others = request.method === "ping" ? [] : this.sent.all();
    void whileAsking(inFlight ? [inFlight] : others, this.#answer(request, inFlight?.call));
  }

  /** Answers a server request. Resolves when it has been answered or withdrawn. */
  async #answer(request: Request, call: HostedCall | undefined): Promise<void> {
    const { id, method, params } = request;
    if (method === "ping") return void this.#post({ jsonrpc: "2.0", id, result: {} });
    if (!this.#isAcceptable(request, call)) return;
    const serverRequest = { controller: new AbortController(), call };
    this.#requests.set(id, serverRequest);
    const { signal } = serverRequest.controller;
    const response = await this.#askCaller({ method, ...(params && { params }) }, call, signal);
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
    if (call && !call.open) return refuse(INVALID_REQUEST, "The call that this belongs to has ended.");
    if (this.#requests.has(id)) {
      this.context.log.warn(`Imgwire used the id ${JSON.stringify(id).slice(0, 200)} twice.`);
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

  async #askCaller(
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

  /** Withdraws a server request, because the server has cancelled it or its call has ended. */
  #withdraw(id: Id): void {
    this.#requests.get(id)?.controller.abort();
    this.#requests.delete(id);
  }

  #post(response: Response): Promise<boolean> {
    return this.session.post(textOf(response));
  }
}

/** Serializes a response, or an error in its place if it is nested too deeply to be serialized. */
function textOf(response: Response): string {
  try {
    return JSON.stringify(response);
  } catch {
    const error = { code: INTERNAL_ERROR, message: "The client's answer is nested too deeply." };
    return JSON.stringify({ jsonrpc: "2.0", id: response.id, error });
  }
}
