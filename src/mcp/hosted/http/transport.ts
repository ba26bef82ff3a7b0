import { EventEmitter } from "node:events";
import { setTimeout as delay } from "node:timers/promises";
import { ImgwireError, SignInNeededError, UnreachableError } from "../../../errors.ts";
import type { Log } from "../../../log.ts";
import type { HttpResponse } from "../../../system/exchange.ts";
import type { Http } from "../../../system/http.ts";
import { RateLimiter } from "../../../system/rate-limiter.ts";
import { Semaphore } from "../../../system/semaphore.ts";
import { BodyReader } from "./response-body.ts";
import { interrupted } from "./errors.ts";
import { classifyFailure, classifyStatus, MAX_ATTEMPTS } from "./retry.ts";
import type { AuthChallenge, AuthProvider } from "../../../authorization.ts";
import { allValues } from "../../../system/header-field.ts";

/** Aborts an exchange, before or after its headers have arrived. Lighter than an AbortSignal. */
export class Abort extends EventEmitter {
  aborted = false;

  abort(): void {
    if (this.aborted) return;
    this.aborted = true;
    this.emit("abort");
  }
}

/** One HTTP request to the MCP endpoint. */
export interface Outgoing {
  method: "POST" | "GET" | "DELETE";
  headers: Record<string, string>;
  body?: string;
  abort: Abort;
  /** Whether it may be retried if it isn't known whether it arrived. */
  repeatable: boolean;
  /** Sent ahead of other requests: a pending request may be waiting for it, or it cancels one. */
  priority?: boolean;
  /** Checked when its turn comes; false if it must not be sent because its caller has gone away. */
  wanted?: () => boolean;
}

export interface HttpTransportOptions {
  url: URL;
  http: Http;
  authorization: AuthProvider;
  /** Resolves when more can be written to the agent; undefined if it already can. */
  ready: () => Promise<void> | undefined;
  log: Log;
}

/**
 * The most requests that wait for response headers at the same time. Others queue, so that a burst doesn't
 * open a socket for each.
 */
const MAX_WAITING = 32;
/** How many bytes of an unneeded response to read, so that its connection can be reused. */
const MAX_DISCARDED_BYTES = 64 * 1024;
/** Valid header field values (RFC 9110 section 5.5). A line break would start another field. */
const FIELD_VALUE = /^[\x20-\x7e\t]*$/;

/**
 * The MCP endpoint over HTTP: adds the bearer token and renews it if it is refused, queues and retries
 * requests, and respects rate limits. It follows no redirects and doesn't interpret messages.
 */
export class HttpTransport {
  /** Reads response bodies, no faster than the agent reads them and the server accepts priority messages. */
  readonly bodies = new BodyReader(() => this.#priority.clear() ?? this.options.ready());
  readonly #requests = new Semaphore(MAX_WAITING);
  readonly #priority = new Semaphore(MAX_WAITING);
  /** Set once the server has limited our rate (429, 503). */
  #pace: RateLimiter | undefined;
  #accepted = new Set<() => void>();

  constructor(private readonly options: HttpTransportOptions) {}

  /** Runs `listener` when the server next accepts a request. @returns a function that cancels this */
  onAccepted(listener: () => void): () => void {
    this.#accepted.add(listener);
    return () => void this.#accepted.delete(listener);
  }

  /**
   * Sends a request and returns the response with its body unread. Statuses from 400 up that aren't handled
   * here are left to the caller.
   * @throws SignInNeededError; UnreachableError; ImgwireError `interrupted_call`, `redirect_refused`,
   *   `forbidden`, `rate_limited`; any error once it has been aborted
   */
  async send(outgoing: Outgoing): Promise<HttpResponse> {
    let token = await this.options.authorization.token();
    let renewals = 0;
    for (let attempt = 1; ; attempt++) {
      const response = await this.#attempt(outgoing, token, attempt);
      if (response === undefined) continue;
      const status = response.statusCode;
      if (status === 401 || status === 403) {
        const challenge = await challengeOf(response, status, token);
        // The first renewal may have returned a token stored by another process, and that may be refused too.
        if (renewals === 2 || (renewals > 0 && status === 403)) throw forbidden(challenge);
        token = await this.#renew({ ...challenge, repeated: renewals > 0 });
        renewals += 1;
      } else if (status < 300 || !(await this.#mustWait(response, attempt, outgoing))) {
        this.#accept();
        return response;
      }
    }
  }

  #accept(): void {
    this.#pace?.accepted();
    if (this.#accepted.size === 0) return;
    const listeners = this.#accepted;
    this.#accepted = new Set();
    for (const listener of listeners) listener();
  }

  /** Makes one attempt. @returns undefined if it failed but may be retried */
  async #attempt(
    outgoing: Outgoing,
    token: string | undefined,
    attempt: number
  ): Promise<HttpResponse | undefined> {
    const semaphore = this.#semaphoreFor(outgoing);
    if (semaphore === this.#requests && this.#pace?.holds) await this.#waitForTurn(this.#pace, outgoing);
    await semaphore?.enter();
    try {
      if (outgoing.wanted?.() === false) throw interrupted();
      const { method, body, abort: signal } = outgoing;
      const request = { method, headers: headersOf(outgoing, token), signal };
      const { http, url } = this.options;
      return await http.exchange(url, body === undefined ? request : { ...request, body });
    } catch (error) {
      if (outgoing.abort.aborted) throw error;
      const verdict = classifyFailure(error, outgoing.repeatable, attempt);
      if ("error" in verdict) throw verdict.error;
      this.options.log.debug(`Request to ${this.options.url.host} failed (${String(error)}); trying again.`);
      await delay(verdict.waitMs);
      return undefined;
    } finally {
      semaphore?.leave();
    }
  }

  /** Streams stay open, so they don't occupy a place in the queue. */
  #semaphoreFor({ priority, method }: Outgoing): Semaphore | undefined {
    if (priority) return this.#priority;
    return method === "POST" ? this.#requests : undefined;
  }

  /** Gets another token. @throws SignInNeededError with the challenge that the sign-in must meet */
  async #renew(challenge: AuthChallenge): Promise<string> {
    try {
      return await this.options.authorization.onUnauthorized(challenge);
    } catch (error) {
      if (!(error instanceof SignInNeededError)) throw error;
      throw error.with({ challenge });
    }
  }

  /**
   * Waits, or slows down all requests, if the server asks for it (429, 503). False if the response is final.
   */
  async #mustWait(response: HttpResponse, attempt: number, outgoing: Outgoing): Promise<boolean> {
    const verdict = classifyStatus(
      response.statusCode,
      response.headers["retry-after"],
      outgoing.repeatable,
      attempt
    );
    if (verdict === undefined) return false;
    await discard(response);
    if ("error" in verdict) throw verdict.error;
    this.options.log.info(`Imgwire answered ${response.statusCode}; trying again in ${verdict.waitMs} ms.`);
    this.#pace ??= new RateLimiter();
    this.#pace.refused(verdict.waitMs);
    if (outgoing.method !== "POST" || outgoing.priority) await delay(verdict.waitMs);
    return attempt < MAX_ATTEMPTS;
  }

  async #waitForTurn(pace: RateLimiter, { abort }: Outgoing): Promise<void> {
    await Promise.race([pace.turn(), aborted(abort)]);
    if (abort.aborted) throw new UnreachableError("Stopped while waiting to send to Imgwire.");
  }
}

/** The header fields of a request. @throws ImgwireError `header_refused` */
function headersOf(outgoing: Outgoing, token: string | undefined): Record<string, string> {
  const headers = {
    // Without this field a server may compress its answers (RFC 9110 section 12.5.3).
    "accept-encoding": "identity",
    ...outgoing.headers,
    ...(token !== undefined && { authorization: `Bearer ${token}` })
  };
  for (const [name, value] of Object.entries(headers)) {
    if (FIELD_VALUE.test(value)) continue;
    throw new ImgwireError(
      "header_refused",
      `The value of the header ${name} contains characters that aren't allowed in a header.`
    );
  }
  return headers;
}

async function challengeOf(
  response: HttpResponse,
  status: 401 | 403,
  token: string | undefined
): Promise<AuthChallenge> {
  await discard(response);
  return { status, wwwAuthenticate: allValues(response.headers["www-authenticate"]), token };
}

/** The error for a request that was refused even with a new token. */
function forbidden(challenge: AuthChallenge): ImgwireError {
  if (challenge.status === 401) {
    return new SignInNeededError("Imgwire refused a new access token too.", { challenge });
  }
  return new ImgwireError("forbidden", "Imgwire doesn't allow this with the current sign-in.", {
    hint: "Check the permissions of the Authorized Connection in the Imgwire dashboard, or sign in again with `imgwire login`."
  });
}

/** Discards a response body that nobody needs, so that its connection can be reused. */
export async function discard(response: HttpResponse): Promise<void> {
  await response.body.dump(MAX_DISCARDED_BYTES).catch(() => undefined);
}

function aborted(abort: Abort): Promise<void> {
  return new Promise((resolve) => abort.once("abort", resolve));
}
