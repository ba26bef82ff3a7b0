import type { HttpResponse } from "../../../system/exchange.ts";
import type { Headers } from "../../calls/hosted-call.ts";
import type { HostedContext } from "../../hosted/connection.ts";
import { Cookies } from "../../hosted/http/cookies.ts";
import { httpError, silent } from "../../hosted/http/errors.ts";
import { parseMessages, readBody } from "../../hosted/http/sse.ts";
import { Abort, discard, type Outgoing } from "../../hosted/http/transport.ts";
import { unquoteIds } from "../../protocol/json-text.ts";
import { METHOD_NOT_FOUND } from "../../protocol/message.ts";

/** The head of an answer, and its text if it is an error. */
export interface Reply {
  response: HttpResponse;
  text?: string;
}

/**
 * One session with a hosted server of the legacy era: what identifies it, and what is sent in it (transports,
 * session management). When the server has forgotten it, it is lost for good, and the connection opens
 * another.
 */
export class Session {
  /**
   * What the server calls it; undefined for a server without sessions, and before the server has answered.
   */
  id: string | undefined;
  /** The revision that was agreed on; undefined before that. */
  protocolVersion: string | undefined;
  isLost = false;
  readonly #cookies = new Cookies();

  /** @param onLost called once, when the server turns out not to know the session any more */
  constructor(
    private readonly context: HostedContext,
    private readonly onLost: () => void
  ) {}

  /** Takes the name that the answer to `initialize` assigns. */
  open({ headers }: HttpResponse): void {
    const field = headers["mcp-session-id"];
    this.id = Array.isArray(field) ? field[0] : field;
  }

  lose(): void {
    if (this.isLost) return;
    this.isLost = true;
    this.onLost();
  }

  /** The header fields of a request. @param more those of the call it is for */
  headers(more: Headers = this.context.ambient.headers): Headers {
    return {
      "content-type": "application/json",
      accept: "application/json, text/event-stream",
      ...(this.protocolVersion !== undefined && { "mcp-protocol-version": this.protocolVersion }),
      ...(this.id !== undefined && { "mcp-session-id": this.id }),
      ...more
    };
  }

  /** Makes a request. Throws as the transport does. */
  async request(outgoing: Omit<Outgoing, "headers">, headers = this.headers()): Promise<HttpResponse> {
    const fields = { ...headers, ...this.#cookies.header() };
    const response = await this.context.transport.send({ ...outgoing, headers: fields });
    this.#cookies.take(response);
    return response;
  }

  /** Reads an answer as far as is needed to know whether the server has taken the request. */
  async reply(response: HttpResponse): Promise<Reply> {
    if (response.statusCode < 400) return { response };
    const { transport, events } = this.context;
    const text = await readBody(
      response,
      transport.budget,
      (each) => each,
      () => events.ready()
    );
    return { response, text };
  }

  /**
   * Whether an answer says that the server has forgotten the session: 404 by the specification, and from
   * servers that keep sessions in a map often 400 with a word about it. A server of both eras may answer 404
   * to a method that it does not know, and says so in JSON-RPC (MCP 2026-07-28, Streamable HTTP).
   */
  isForgotten({ response: { statusCode }, text = "" }: Reply): boolean {
    if (this.id === undefined) return false;
    const isSaid = statusCode === 404 || (statusCode === 400 && /\bsession\b/i.test(text));
    return (
      isSaid && !parseMessages(text).some(({ classified }) => errorCodeOf(classified) === METHOD_NOT_FOUND)
    );
  }

  /**
   * Sends a notification or a response, to which there is no answer. A failure is logged: nobody waits for
   * it.
   * @returns false if the session is lost
   */
  async post(body: string): Promise<boolean> {
    try {
      await this.deliver(body);
      return !this.isLost;
    } catch (error) {
      this.context.log.info(`A message did not reach the hosted server: ${String(error)}`);
      return true;
    }
  }

  /**
   * Sends one. It does no harm twice: a response that was taken, a request that is gone, a fact that is
   * known.
   * @param method what it is, for the error
   * @throws ImgwireError `http_status` when the server does not take it, and what the transport throws
   */
  async deliver(body: string, method?: string): Promise<void> {
    const abort = new Abort();
    const timer = setTimeout(() => abort.abort(), this.context.idleCallMs).unref();
    try {
      const message = {
        method: "POST",
        body: unquoteIds(body),
        abort,
        repeatable: true,
        priority: true
      } as const;
      const reply = await this.reply(await this.request(message));
      if (this.isForgotten(reply)) return this.lose();
      if (reply.text !== undefined) throw this.#refused(reply, method);
      await discard(reply.response);
    } catch (error) {
      throw abort.aborted ? silent(this.context.idleCallMs) : error;
    } finally {
      clearTimeout(timer);
    }
  }

  #refused({ response, text = "" }: Reply, method = "a message"): Error {
    const { origin, pathname } = this.context.url;
    return httpError(response.statusCode, text, `${method} at ${origin}${pathname}`);
  }
}

/** The code of an error response; undefined for any other message. */
export function errorCodeOf(
  classified: ReturnType<typeof parseMessages>[number]["classified"]
): number | undefined {
  const isResponse = classified.kind === "response" || classified.kind === "error";
  return isResponse ? classified.message.error?.code : undefined;
}
