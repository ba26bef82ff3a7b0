import { Cookies } from "../../../system/cookies.ts";
import type { HttpResponse } from "../../../system/exchange.ts";
import { firstValue } from "../../../system/header-field.ts";
import { settleWithin } from "../../../system/timeout.ts";
import type { Headers } from "../../calls/hosted-call.ts";
import type { HostedContext } from "../../hosted/connection.ts";
import { errorCodeOf } from "../../hosted/era-evidence.ts";
import { type BodyReader, parseMessages } from "../../hosted/http/response-body.ts";
import { httpError, silent } from "../../hosted/http/errors.ts";
import { Abort, discard, type Outgoing } from "../../hosted/http/transport.ts";
import { unquoteIds } from "../../protocol/json-text.ts";
import { METHOD_NOT_FOUND } from "../../protocol/message.ts";

/** How long the server has to confirm the end of the session. The process is about to exit. */
const DELETE_TIMEOUT_MS = 300;

/**
 * One session with a hosted server of the legacy era (transports, session management). It adds the session's
 * headers to everything that is sent. Once the server has forgotten the session, it is lost, and the
 * connection opens another.
 */
export class Session {
  /** The server's id for it; undefined for a server without sessions, and before the server has answered. */
  id: string | undefined;
  /** The negotiated revision; undefined until `initialize` has been answered. */
  protocolVersion: string | undefined;
  isLost = false;
  /** Reads the bodies of responses. */
  readonly bodies: BodyReader;
  #isEnded = false;
  /** Created by the first response that sets a cookie. */
  #cookies: Cookies | undefined;

  /** @param onLost called once, when the server no longer knows the session */
  constructor(
    private readonly context: HostedContext,
    private readonly onLost: (session: Session) => void
  ) {
    this.bodies = context.transport.bodies;
  }

  /** Stores the id that the response to `initialize` assigns. */
  open({ headers }: HttpResponse): void {
    this.id = firstValue(headers["mcp-session-id"]);
  }

  lose(): void {
    if (this.isLost) return;
    this.isLost = true;
    this.onLost(this);
  }

  /**
   * Makes a request. Throws as the transport does.
   * @param headers the headers of the call that it is made for
   */
  async request(
    outgoing: Omit<Outgoing, "headers">,
    headers: Headers = this.context.ambient.headers
  ): Promise<HttpResponse> {
    const fields = {
      "content-type": "application/json",
      accept: "application/json, text/event-stream",
      ...(this.protocolVersion !== undefined && { "mcp-protocol-version": this.protocolVersion }),
      ...(this.id !== undefined && { "mcp-session-id": this.id }),
      ...headers,
      ...this.#cookies?.header()
    };
    const response = await this.context.transport.send({ ...outgoing, headers: fields });
    if (response.headers["set-cookie"] !== undefined) (this.#cookies ??= new Cookies()).take(response);
    return response;
  }

  /** Opens a stream with GET, or resumes it after an event. Throws as the transport does. */
  openStream(abort: Abort, lastEventId: string | undefined, headers?: Headers): Promise<HttpResponse> {
    const resumed = lastEventId !== undefined && { "last-event-id": lastEventId };
    const fields = { ...(headers ?? this.context.ambient.headers), accept: "text/event-stream", ...resumed };
    return this.request({ method: "GET", abort, repeatable: true }, fields);
  }

  /**
   * Whether a response means that the server has forgotten the session. The specification says 404; many
   * servers send a 400 that mentions the session. A server of both eras may also answer an unknown method
   * with 404, but then with a JSON-RPC error (MCP 2026-07-28, Streamable HTTP).
   */
  isForgotten(status: number, text: string): boolean {
    if (this.id === undefined) return false;
    const isLikely = status === 404 || (status === 400 && /\bsession\b/i.test(text));
    return isLikely && !parseMessages(text).some((message) => errorCodeOf(message) === METHOD_NOT_FOUND);
  }

  /**
   * Sends a notification or a response, unless we have ended the session. Failures are only logged; there is
   * no caller to report to.
   * @returns false if the session is lost
   */
  async post(body: string): Promise<boolean> {
    if (this.#isEnded) return true;
    try {
      await this.deliver(body);
      return !this.isLost;
    } catch (error) {
      this.context.log.info(`A message did not reach Imgwire: ${String(error)}`);
      return true;
    }
  }

  /**
   * Sends a notification or a response, which is safe to repeat.
   * @param method what to call it in the error
   * @throws ImgwireError `http_status` if the server rejects it, and what the transport throws
   */
  async deliver(body: string, method = "a message"): Promise<void> {
    const { url, idleCallMs } = this.context;
    const abort = new Abort();
    const timer = setTimeout(() => abort.abort(), idleCallMs).unref();
    try {
      const message = { method: "POST", body: unquoteIds(body), abort } as const;
      const response = await this.request({ ...message, repeatable: true, priority: true });
      const { statusCode } = response;
      if (statusCode < 400) return await discard(response);
      const text = await this.bodies.text(response, (json) => json);
      if (this.isForgotten(statusCode, text)) return this.lose();
      throw httpError(statusCode, text, `${method} at ${url.origin}${url.pathname}`);
    } catch (error) {
      throw abort.aborted ? silent(idleCallMs) : error;
    } finally {
      clearTimeout(timer);
    }
  }

  /** Tells the server that the session has ended. */
  async end(): Promise<void> {
    this.#isEnded = true;
    if (this.id === undefined) return;
    const abort = new Abort();
    const deleted = this.request({ method: "DELETE", abort, repeatable: false })
      .then(discard)
      .catch((error: unknown) => this.context.log.debug(`The session was not closed: ${String(error)}`));
    // Aborting doesn't end everything that may delay the request, such as the renewal of a token.
    await settleWithin(DELETE_TIMEOUT_MS, deleted);
    abort.abort();
  }
}
