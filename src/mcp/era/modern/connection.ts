import { ImgwireError, UnreachableError } from "../../../errors.ts";
import type { HttpResponse } from "../../../system/exchange.ts";
import type { Caller, Headers, HostedCall } from "../../calls/hosted-call.ts";
import { listTools, ownRequest } from "../../calls/own-call.ts";
import { type InFlightRequest, InFlightRequests, whileAsking } from "../../hosted/http/in-flight.ts";
import { mediaType, parseMessages, readBody, readEvents } from "../../hosted/http/sse.ts";
import { interrupted } from "../../hosted/http/errors.ts";
import type { HostedConnection, HostedContext, Opening, ServerInfo } from "../../hosted/connection.ts";
import { HEADER_MISMATCH, metaOf, type Params, type Request, type Response } from "../../protocol/message.ts";
import { readServerInfo } from "../../hosted/connection.ts";
import { retryOf } from "./input-required.ts";
import { ListenStream } from "./listen-stream.ts";
import { LATEST_MODERN, META } from "../../protocol/revisions.ts";
import { checkResponse } from "../../protocol/input-request.ts";
import { isRefusal, supportedVersions } from "../../hosted/era.ts";
import { type Answered, answerIn, answerTo, envelope, requestFields, ToolHeaders } from "./request.ts";

/** What a legacy agent asks for once and a modern server is told with every request, or listened to for. */
const INTERESTS = new Set(["logging/setLevel", "resources/subscribe", "resources/unsubscribe"]);

/**
 * A connection to a hosted server of revision 2026-07-28: every request stands alone and says who asks, for
 * what version and with which capabilities; closing its stream cancels it (transports, Streamable HTTP).
 */
export class ModernHosted implements HostedConnection {
  readonly era = "modern";
  usable = true;
  server: ServerInfo = { capabilities: {}, serverInfo: undefined, instructions: undefined };
  #requests: InFlightRequests;
  #listenStream: ListenStream;
  #headers = new ToolHeaders();

  private constructor(private readonly context: HostedContext) {
    this.#requests = new InFlightRequests(context.idleCallMs);
    this.#listenStream = new ListenStream(context, (request) =>
      this.#fields(request, { client: context.client, headers: context.ambient.headers })
    );
  }

  /**
   * Opens a connection by asking the server what it is (`server/discover`).
   * @throws what says nothing about the era: SignInNeededError, UnreachableError, ImgwireError
   */
  static async open(context: HostedContext): Promise<Opening> {
    const connection = new ModernHosted(context);
    try {
      const result = await connection.#own("server/discover");
      const versions = result["supportedVersions"];
      if (!Array.isArray(versions) || !versions.includes(LATEST_MODERN)) {
        return { refused: new ImgwireError("protocol", `It supports ${String(versions)}.`) };
      }
      connection.server = readServerInfo(result, metaOf({ params: result })[META.serverInfo]);
      void connection.#listenStream.update(connection.server);
      return { accepted: connection };
    } catch (error) {
      if (isRefusal(error)) return { refused: error };
      throw error;
    }
  }

  send(call: HostedCall): void {
    if (call.era === "legacy" && INTERESTS.has(call.request.method)) {
      // It came before the server's era was known; what it interests for has been noted, and is listened for
      // here.
      const taken: Response = { jsonrpc: "2.0", id: call.request.id, result: {} };
      void this.interestsChanged().then(() => call.respond(taken, undefined, "legacy"));
    } else {
      void this.#run(call);
    }
  }

  /** Every request says by itself what its client can do. */
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
    this.#requests.stop(new UnreachableError("The connection to the hosted server is being closed."));
    return Promise.resolve();
  }

  #own(method: string, params: Params = {}): Promise<Params> {
    const { client, ambient } = this.context;
    return ownRequest({ send: (call) => this.send(call), client, headers: ambient.headers }, method, params);
  }

  async #run(call: HostedCall): Promise<void> {
    const inFlight = this.#requests.begin(call);
    call.onCancel(() => inFlight.abort.abort());
    try {
      await this.#carry(inFlight);
    } catch (error) {
      if (inFlight.abort.aborted) return;
      if (isRefusal(error) && call.request.method !== "server/discover") {
        this.usable = false;
        this.context.reroute(call, error, this.era);
      } else {
        call.fail(error);
      }
    } finally {
      this.#requests.end(inFlight);
    }
  }

  /**
   * Takes the call to its end: as many exchanges as the server has questions for an agent that cannot retry.
   */
  async #carry(inFlight: InFlightRequest): Promise<void> {
    const { call } = inFlight;
    // What goes on as the agent wrote it needs nothing said of its client that it does not say.
    const written = call.era === "modern" ? call.raw : undefined;
    let request = written === undefined ? envelope(call, this.context.interests.logLevel) : call.request;
    let body = written ?? JSON.stringify(request);
    for (let round = 0; call.open; round++) {
      const answered = await this.#exchange(inFlight, request, body);
      if (answered === undefined) return;
      const { response, raw } = answered;
      checkResponse(response, this.context);
      const again = call.isRetriedHere(response.result ?? {})
        ? await whileAsking([inFlight], retryOf(call, request, response, round))
        : undefined;
      if (again === undefined) {
        if (call.request.method === "tools/list") this.#headers.learn(response.result);
        return call.respond(
          { ...response, id: call.request.id },
          response.id === call.request.id ? raw : undefined,
          "modern"
        );
      }
      if ("error" in again)
        return call.respond({ jsonrpc: "2.0", id: call.request.id, error: again.error }, undefined, "modern");
      request = again.request;
      body = JSON.stringify(request);
    }
  }

  /** Makes one exchange, and once more when only the version or the mirrored headers were wrong. */
  async #exchange(inFlight: InFlightRequest, request: Request, body: string): Promise<Answered | undefined> {
    for (let again = false; ; again = true) {
      const answered = await this.#post(inFlight, request, body);
      if (again || !answered?.response.error || !(await this.#corrected(answered.response, request)))
        return answered;
    }
  }

  /** Whether a request that the server refused to look at may be sent once more, with what was missing. */
  async #corrected({ error }: Response, request: Request): Promise<boolean> {
    const cause = new ImgwireError("protocol", "", { cause: error });
    if (supportedVersions(cause)?.includes(String(metaOf(request)[META.protocolVersion]))) return true;
    if (error?.code !== HEADER_MISMATCH || request.method !== "tools/call") return false;
    await this.#learnHeaders();
    return true;
  }

  /** Reads every page of the tool list, of which what matters is learned as it comes by. */
  async #learnHeaders(): Promise<void> {
    const { client, ambient } = this.context;
    await listTools({ send: (call) => this.send(call), client, headers: ambient.headers });
  }

  async #post(inFlight: InFlightRequest, request: Request, body: string): Promise<Answered | undefined> {
    if (request.method === "tools/call" && this.#headers.empty && !this.context.tool(toolName(request))) {
      await this.#learnHeaders();
    }
    const response = await this.context.transport.send({
      method: "POST",
      headers: this.#fields(request, inFlight.call),
      body,
      abort: inFlight.abort,
      repeatable: inFlight.call.repeatable
    });
    inFlight.heard = Date.now();
    return this.#receive(inFlight, request, response);
  }

  async #receive(
    inFlight: InFlightRequest,
    request: Request,
    response: HttpResponse
  ): Promise<Answered | undefined> {
    const streamed = mediaType(response) === "text/event-stream" && response.statusCode === 200;
    const answered = streamed
      ? await this.#follow(inFlight, request, response)
      : await this.#read(request, response);
    if (answered || !inFlight.call.open || inFlight.abort.aborted) return answered;
    throw interrupted();
  }

  #read(request: Request, response: HttpResponse): Promise<Answered> {
    const { transport, events } = this.context;
    return readBody(
      response,
      transport.budget,
      (text) => answerIn(text, request, response.statusCode),
      () => events.ready()
    );
  }

  async #follow(
    inFlight: InFlightRequest,
    request: Request,
    response: HttpResponse
  ): Promise<Answered | undefined> {
    const { transport, events, log } = this.context;
    let answered: Answered | undefined;
    const onData = (data: string): void => {
      for (const message of parseMessages(data)) {
        const { classified, raw } = message;
        inFlight.heard = Date.now();
        const answer = answerTo(request, message);
        if (answer) answered ??= answer;
        else if (classified.kind === "notification") inFlight.call.notify(classified.message, raw);
        else log.debug(`The hosted server sent something out of place: ${raw.slice(0, 200)}`);
      }
    };
    const sink = { onData, ready: () => events.ready() };
    try {
      await readEvents(response, transport.budget, sink, () => answered !== undefined);
    } catch (error) {
      if (error instanceof ImgwireError) throw error;
      if (!answered && !inFlight.abort.aborted) throw interrupted(error);
    }
    return answered;
  }

  #fields(request: Request, { client, headers }: Caller): Headers {
    const fields = { ...requestFields(request, client.protocolVersion), ...headers };
    if (request.method !== "tools/call") return fields;
    return { ...fields, ...this.#headers.fields(this.context.tool(toolName(request)), request) };
  }
}

function toolName(request: Request): string {
  return String(request.params?.["name"]);
}
