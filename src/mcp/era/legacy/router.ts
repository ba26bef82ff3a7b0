import { isObject } from "../../../system/json.ts";
import { type Flight, whileAsking } from "../../hosted/http/in-flight.ts";
import { checkResponse } from "../../protocol/input-request-links.ts";
import type { Incoming } from "../../hosted/http/parse.ts";
import { interrupted } from "../../hosted/http/retry.ts";
import type { HostedContext } from "../../hosted/connection.ts";
import { type Id, type Notification, type Request, type Response } from "../../protocol/message.ts";
import { Inquiries } from "./inquiries.ts";

/** What is needed of the connection that the messages come over. */
export interface TrafficOwner {
  /** The present session. */
  session(): object | undefined;
  /** Sends an answer to the server; false when the session it belongs to is gone. */
  post(body: string): Promise<boolean>;
}

/**
 * Who waits for what of the server, whatever stream it comes in: answers by the id of our request, the server's own
 * requests by theirs. The two never meet, though their ids may be equal.
 */
export class Traffic {
  #pending = new Map<Id, Flight>();
  #inquiries: Inquiries;

  constructor(
    private readonly context: HostedContext,
    private readonly owner: TrafficOwner
  ) {
    this.#inquiries = new Inquiries(context, (body) => owner.post(body));
  }

  begin(id: Id, flight: Flight): void {
    this.#pending.set(id, flight);
  }

  /** Nobody waits for the answer any more, and what the server still asks for its sake is taken back. */
  end(id: Id, flight: Flight): void {
    if (this.#pending.get(id) === flight) this.#pending.delete(id);
    this.#inquiries.end(flight.call);
  }

  /** The session is gone. Answers may still come in streams that are open; the server's own requests have ended. */
  lost(): void {
    this.#inquiries.lost();
  }

  /** Takes one message of the server. @param flight the request in whose stream it came, where it came in one */
  deliver({ classified, raw }: Incoming, flight: Flight | undefined): void {
    if (flight) flight.heard = Date.now();
    switch (classified.kind) {
      case "response":
        return this.#answered(classified.message, raw);
      case "request":
        return this.#asked(classified.message, flight);
      case "notification":
        return this.#notified(classified.message, raw, flight);
      case "invalid":
        this.context.log.warn(`The hosted server sent a message that is not JSON-RPC: ${classified.reason}.`);
    }
  }

  #asked(request: Request, flight: Flight | undefined): void {
    // A call may go on in a session that is gone; an answer to what it asks would arrive in another one.
    if (flight && flight.session !== this.owner.session()) return flight.call.fail(interrupted());
    // Any request may wait for a question that came in no request's stream; a ping keeps none waiting.
    const others = request.method === "ping" ? [] : [...this.#pending.values()];
    const waiting = flight ? [flight] : others;
    void whileAsking(waiting, this.#inquiries.ask(request, flight?.call));
  }

  #answered(response: Response, raw: string): void {
    const flight = this.#pending.get(response.id);
    if (!flight)
      return this.context.log.debug(`An answer nobody waits for was dropped: ${raw.slice(0, 200)}`);
    this.#pending.delete(response.id);
    try {
      checkResponse(response, this.context);
      flight.call.respond(response, raw, "legacy");
    } catch (error) {
      flight.call.fail(error);
    }
  }

  #notified(notification: Notification, raw: string, flight: Flight | undefined): void {
    const { method, params } = notification;
    if (method === "notifications/cancelled") return this.#inquiries.withdraw(params?.["requestId"] as Id);
    const isProgress = method === "notifications/progress";
    const target = flight ?? (isProgress ? this.#progressing(notification) : undefined);
    if (target && (isProgress || method === "notifications/message")) {
      target.heard = Date.now();
      target.call.notify(notification, raw);
    } else {
      this.context.events.notification(notification, raw);
    }
  }

  /** The request a progress notification belongs to that did not come in that request's stream. */
  #progressing(notification: Notification): Flight | undefined {
    const token = notification.params?.["progressToken"];
    for (const each of this.#pending.values()) {
      const meta = each.call.request.params?.["_meta"];
      if (isObject(meta) && meta["progressToken"] === token) return each;
    }
    return undefined;
  }
}
