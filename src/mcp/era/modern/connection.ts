import { ImgwireError, UnreachableError } from "../../../errors.ts";
import type { HttpResponse } from "../../../system/exchange.ts";
import type { Headers, HostedCall } from "../../calls/hosted-call.ts";
import { ownRequest, type Requester } from "../../calls/own-call.ts";
import {
  type EraAttempt,
  type HostedConnection,
  type HostedContext,
  readServerInfo,
  type ServerInfo
} from "../../hosted/connection.ts";
import { isEraMismatch, supportedVersions } from "../../hosted/era-evidence.ts";
import { isEventStream, parseMessages } from "../../hosted/http/response-body.ts";
import { interrupted } from "../../hosted/http/errors.ts";
import { type InFlightRequest, InFlightRequests, whileAsking } from "../../hosted/http/in-flight.ts";
import { checkResponse } from "../../protocol/input-request.ts";
import {
  HEADER_MISMATCH,
  type Incoming,
  META,
  metaOf,
  type Request,
  type Response
} from "../../protocol/message.ts";
import { headersOf, paramHeaders, requestFields } from "../../protocol/request-headers.ts";
import { LATEST_MODERN } from "../../protocol/revisions.ts";
import { ListenStream } from "./listen-stream.ts";
import { type Answered, answerIn, answerTo, envelope, retryOf } from "./request.ts";

/**
 * Legacy methods that modern servers don't have: every request states the log level, and the listen request
 * states the subscriptions.
 */
const INTERESTS = new Set(["logging/setLevel", "resources/subscribe", "resources/unsubscribe"]);

/**
 * A connection to a hosted server of revision 2026-07-28: every request stands alone and states its client,
 * version and capabilities; closing its stream cancels it (transports, Streamable HTTP).
 */
export class ModernHosted implements HostedConnection {
  readonly era = "modern";
  usable = true;
  server: ServerInfo = { capabilities: {}, serverInfo: undefined, instructions: undefined };
  readonly #requests: InFlightRequests;
  readonly #listenStream: ListenStream;

  private constructor(private readonly context: HostedContext) {
    this.#requests = new InFlightRequests(context.idleCallMs);
    this.#listenStream = new ListenStream(context);
  }

  /**
   * Opens a connection by requesting the server's info (`server/discover`), unless it is already known. In
   * that case, a server that doesn't speak this era refuses the first request.
   * @throws errors that don't indicate the era: SignInNeededError, UnreachableError, ImgwireError
   */
  static async open(context: HostedContext): Promise<EraAttempt> {
    const connection = new ModernHosted(context);
    if (context.server) {
      connection.server = context.server;
      return { opened: connection };
    }
    try {
      const result = await ownRequest(connection.#requester, "server/discover");
      const versions = result["supportedVersions"];
      if (!Array.isArray(versions) || !versions.includes(LATEST_MODERN)) {
        return { mismatch: new ImgwireError("protocol", `It supports ${String(versions)}.`) };
      }
      connection.server = readServerInfo(result, metaOf({ params: result })[META.serverInfo]);
      void connection.#listenStream.update(connection.server);
      return { opened: connection };
    } catch (error) {
      if (isEraMismatch(error)) return { mismatch: error };
      throw error;
    }
  }

  async send(call: HostedCall): Promise<void> {
    if (call.era === "legacy" && INTERESTS.has(call.request.method)) {
      // It was forwarded before the server's era was known. The interest is already recorded, so only the
      // stream needs an update.
      await this.interestsChanged();
      return call.respond({ jsonrpc: "2.0", id: call.request.id, result: {} }, undefined, "legacy");
    }
    const inFlight = this.#requests.begin(call);
    call.onCancel(() => inFlight.abort.abort());
    try {
      await this.#carry(inFlight);
    } catch (error) {
      if (inFlight.abort.aborted) return;
      if (isEraMismatch(error) && call.request.method !== "server/discover") {
        this.usable = false;
        this.context.reroute(call, error, this.era);
      } else {
        call.fail(error);
      }
    } finally {
      this.#requests.end(inFlight);
    }
  }

  /** Every request states its client's capabilities. */
  knows(): boolean {
    return true;
  }

  async retire(): Promise<void> {
    this.#listenStream.close();
    await this.#requests.ended();
  }

  /** This era has no notifications from the client over HTTP. */
  notify(): void {}

  interestsChanged(): Promise<void> {
    return this.#listenStream.update(this.server);
  }

  close(): Promise<void> {
    this.#listenStream.close();
    this.#requests.stop(new UnreachableError("The connection to Imgwire is being closed."));
    return Promise.resolve();
  }

  get #requester(): Requester {
    const { client, ambient } = this.context;
    return { send: (call) => void this.send(call), client, headers: ambient.headers };
  }

  /** Carries a call to its end: one exchange, and another for each time that the server asks us for input. */
  async #carry(inFlight: InFlightRequest): Promise<void> {
    const { call } = inFlight;
    const { id } = call.request;
    // An unmodified modern request already carries its client's details.
    const written = call.era === "modern" ? call.raw : undefined;
    let request = written === undefined ? envelope(call, this.context.interests.logLevel) : call.request;
    let body = written ?? JSON.stringify(request);
    for (let round = 0; call.open; round++) {
      const answered = await this.#exchange(inFlight, request, body);
      if (answered === undefined) return;
      const { response, raw } = answered;
      checkResponse(response, this.context);
      const { result } = response;
      const retry =
        result?.["resultType"] === "input_required" &&
        (await whileAsking([inFlight], retryOf(call, request, result, round)));
      if (!retry) return call.respond({ ...response, id }, response.id === id ? raw : undefined, "modern");
      if ("error" in retry) {
        return call.respond({ jsonrpc: "2.0", id, error: retry.error }, undefined, "modern");
      }
      request = retry.request;
      body = JSON.stringify(request);
    }
  }

  /** Makes one exchange, and repeats it once if only the version or the mirrored headers were wrong. */
  async #exchange(inFlight: InFlightRequest, request: Request, body: string): Promise<Answered | undefined> {
    for (let again = false; ; again = true) {
      const answered = await this.#post(inFlight, request, body);
      if (again || !answered?.response.error || !(await this.#corrected(answered.response, request)))
        return answered;
    }
  }

  /** Whether a request that the server rejected unread may be repeated, after correcting what was wrong. */
  async #corrected({ error }: Response, request: Request): Promise<boolean> {
    if (supportedVersions(error)?.includes(String(metaOf(request)[META.protocolVersion]))) return true;
    if (error?.code !== HEADER_MISMATCH || request.method !== "tools/call") return false;
    await this.context.tools.refresh();
    return true;
  }

  /** The header fields for the arguments of a tool call. */
  async #paramFields({ params }: Request): Promise<Headers> {
    const tool = await this.context.tools.find(String(params?.["name"]));
    return paramHeaders(headersOf(tool), params?.["arguments"]);
  }

  /** Makes one POST and reads its answer. @returns undefined if the caller no longer needs the answer */
  async #post(inFlight: InFlightRequest, request: Request, body: string): Promise<Answered | undefined> {
    const { call, abort } = inFlight;
    const { transport } = this.context;
    const headers: Headers = {
      ...requestFields(request, call.client.protocolVersion),
      ...call.headers,
      ...(request.method === "tools/call" && (await this.#paramFields(request)))
    };
    const { repeatable } = call;
    const response = await transport.send({ method: "POST", headers, body, abort, repeatable });
    inFlight.lastMessageAt = Date.now();
    const answered = isEventStream(response)
      ? await this.#follow(inFlight, request, response)
      : await transport.bodies.text(response, (text) => answerIn(text, request, response.statusCode));
    if (answered || inFlight.isOver) return answered;
    throw interrupted();
  }

  /** Reads a request's response stream until the answer arrives. */
  async #follow(
    inFlight: InFlightRequest,
    request: Request,
    response: HttpResponse
  ): Promise<Answered | undefined> {
    let answered: Answered | undefined;
    try {
      for await (const { data } of this.context.transport.bodies.events(response)) {
        for (const each of data) answered = this.#take(parseMessages(each), request, inFlight) ?? answered;
        if (answered) break;
      }
    } catch (error) {
      if (error instanceof ImgwireError) throw error;
      if (!answered && !inFlight.abort.aborted) throw interrupted(error);
    }
    return answered;
  }

  /** Delivers the notifications among some messages. @returns the answer, if it is among them */
  #take(messages: readonly Incoming[], request: Request, inFlight: InFlightRequest): Answered | undefined {
    let answered: Answered | undefined;
    for (const incoming of messages) {
      const { raw } = incoming;
      inFlight.lastMessageAt = Date.now();
      const answer = answerTo(request, incoming);
      if (answer) answered ??= answer;
      else if (incoming.kind === "notification") inFlight.call.notify(incoming.message, raw);
      else this.context.log.debug(`Imgwire sent an unexpected message: ${raw.slice(0, 200)}`);
    }
    return answered;
  }
}
