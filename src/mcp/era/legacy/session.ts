import type { HttpResponse } from "../../../system/exchange.ts";
import { settleWithin } from "../../../system/timeout.ts";
import type { Headers } from "../../calls/hosted-call.ts";
import type { HostedContext } from "../../hosted/connection.ts";
import { errorCodeOf } from "../../hosted/era-evidence.ts";
import { type BodyReader, parseMessages } from "../../hosted/http/body.ts";
import { httpError, silent } from "../../hosted/http/errors.ts";
import { Abort, discard, type Outgoing } from "../../hosted/http/transport.ts";
import { unquoteIds } from "../../protocol/json-text.ts";
import { METHOD_NOT_FOUND } from "../../protocol/message.ts";

/** How long the server has to confirm the end of the session: the process is about to exit. */
const DELETE_TIMEOUT_MS = 300;

/**
 * One session with a hosted server of the legacy era: what identifies it, and what is sent in it (transports,
 * session management). Once the server has forgotten it, it is lost, and the connection opens another.
 */
export class Session {
  /** The server's id for it; undefined for a server without sessions, and before the server has answered. */
  id: string | undefined;
  /** The revision that was agreed on; undefined before that. */
  protocolVersion: string | undefined;
  isLost = false;
  /** Reads the answers. */
  readonly bodies: BodyReader;
  #isEnded = false;
  /** Kept from the first answer that sets one. */
  #cookies: Cookies | undefined;

  /** @param onLost called once, when the server no longer knows the session */
  constructor(
    private readonly context: HostedContext,
    private readonly onLost: (session: Session) => void
  ) {
    this.bodies = context.transport.bodies;
  }

  /** Takes the id that the answer to `initialize` assigns. */
  open({ headers }: HttpResponse): void {
    const field = headers["mcp-session-id"];
    this.id = Array.isArray(field) ? field[0] : field;
  }

  lose(): void {
    if (this.isLost) return;
    this.isLost = true;
    this.onLost(this);
  }

  /**
   * Makes a request. Throws as the transport does.
   * @param headers those of the call that it is made for
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
   * Whether an answer says that the server has forgotten the session: 404 by the specification, and often 400
   * with a word about it. A server of both eras may answer 404 to a method that it doesn't know, and says so
   * in JSON-RPC (MCP 2026-07-28, Streamable HTTP).
   */
  isForgotten(status: number, text: string): boolean {
    if (this.id === undefined) return false;
    const isSaid = status === 404 || (status === 400 && /\bsession\b/i.test(text));
    return isSaid && !parseMessages(text).some((message) => errorCodeOf(message) === METHOD_NOT_FOUND);
  }

  /**
   * Sends a notification or a response, unless the session was ended here. A failure is logged: nobody waits
   * for it.
   * @returns false if the session is lost
   */
  async post(body: string): Promise<boolean> {
    if (this.#isEnded) return true;
    try {
      await this.deliver(body);
      return !this.isLost;
    } catch (error) {
      this.context.log.info(`A message did not reach the hosted server: ${String(error)}`);
      return true;
    }
  }

  /**
   * Sends a notification or a response, which does no harm twice.
   * @param method what it is, for the error
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
    // The abort doesn't end everything that may delay it, such as the renewal of a token.
    await settleWithin(DELETE_TIMEOUT_MS, deleted);
    abort.abort();
  }
}

/** More cookies than this, or longer ones, are not kept. */
const MAX_COOKIES = 20;
const MAX_COOKIE_CHARS = 4_096;

/**
 * The cookies of the endpoint's origin, kept for as long as a session lives: a load balancer finds by them
 * the server that has the session (RFC 6265). They go back to the endpoint alone, so `Domain`, `Path` and
 * `Secure` have nothing to decide.
 */
export class Cookies {
  readonly #cookies = new Map<string, string>();

  /** Takes what an answer sets, and drops what it expires. */
  take({ headers }: HttpResponse): void {
    const fields = headers["set-cookie"] ?? [];
    for (const field of Array.isArray(fields) ? fields : [fields]) this.#set(field);
  }

  /** The `Cookie` field of the next request; nothing without cookies. */
  header(): { cookie?: string } {
    if (this.#cookies.size === 0) return {};
    return { cookie: [...this.#cookies].map(([name, value]) => `${name}=${value}`).join("; ") };
  }

  #set(field: string): void {
    const [pair = "", ...attributes] = field.split(";");
    const at = pair.indexOf("=");
    const name = pair.slice(0, at).trim();
    // What a header field may hold, without what would end the cookie (RFC 6265 section 4.1.1).
    if (at <= 0 || pair.length > MAX_COOKIE_CHARS || !/^[\x21-\x7e]+=[\x20-\x7e]*$/.test(pair.trim())) return;
    if (isExpired(attributes)) this.#cookies.delete(name);
    else if (this.#cookies.has(name) || this.#cookies.size < MAX_COOKIES)
      this.#cookies.set(name, pair.slice(at + 1).trim());
  }
}

function isExpired(attributes: readonly string[]): boolean {
  const valueOf = (name: string): string | undefined =>
    attributes
      .map((each) => each.trim())
      .find((each) => each.toLowerCase().startsWith(`${name}=`))
      ?.slice(name.length + 1);
  const maxAge = valueOf("max-age");
  if (maxAge !== undefined) return Number(maxAge) <= 0;
  const expires = Date.parse(valueOf("expires") ?? "");
  return expires <= Date.now();
}
