import { isObject } from "../../system/json.ts";
import type { Headers, HostedCall } from "../calls/hosted-call.ts";
import {
  type Era,
  type Notification,
  type Params,
  type Request,
  type Response
} from "../protocol/message.ts";
import type { InputRequests, InputResponses } from "../protocol/input-request.ts";
import type { ClientInfo } from "../protocol/capabilities.ts";

/** What the gate decides for the calls under its care. */
export interface EnvironmentRules {
  /** The client as Imgwire is told of it. */
  clientInfo(client: ClientInfo): ClientInfo;
  /** Answers input requests where the chosen Environment does, and puts the others to whoever `next` asks. */
  ask(
    client: ClientInfo,
    questions: InputRequests,
    next: (questions: InputRequests) => Promise<InputResponses>
  ): Promise<InputResponses>;
  /** Whether a result that wants input (MCP 2026-07-28) wants an Environment. */
  asksForEnvironment(result: Params): boolean;
  /** What to do about a failure that may be for want of an Environment; undefined for any other text. */
  advice(text: string): string | undefined;
}

/**
 * A tool call on its way to Imgwire in the chosen Environment: input requests go through the gate, and a
 * failure for want of an Environment says what to do.
 */
export class EnvironmentCall implements HostedCall {
  readonly client: ClientInfo;
  readonly raw: string | undefined;

  constructor(
    private readonly call: HostedCall,
    private readonly rules: EnvironmentRules,
    readonly headers: Headers
  ) {
    this.client = rules.clientInfo(call.client);
    // Without its text, a request of the modern era is written again, with the capabilities that are claimed
    // here.
    this.raw = this.client === call.client || call.era === "legacy" ? call.raw : undefined;
  }

  get era(): Era {
    return this.call.era;
  }
  get request(): Request {
    return this.call.request;
  }
  get repeatable(): boolean {
    return this.call.repeatable;
  }
  get open(): boolean {
    return this.call.open;
  }

  respond(response: Response, raw: string | undefined, from: Era): void {
    const { result } = response;
    const advised = result?.["isError"] === true ? this.#advised(result) : undefined;
    if (advised) this.call.respond({ ...response, result: advised }, undefined, from);
    else this.call.respond(response, raw, from);
  }

  fail(error: unknown): void {
    this.call.fail(error);
  }

  notify(notification: Notification, raw: string): void {
    this.call.notify(notification, raw);
  }

  /** A modern agent would have to retry for an answer that is known here. */
  isRetriedHere(result: Params): boolean {
    return this.call.isRetriedHere(result) || this.rules.asksForEnvironment(result);
  }

  ask(questions: InputRequests, signal?: AbortSignal): Promise<InputResponses> {
    return this.rules.ask(this.call.client, questions, (others) => this.call.ask(others, signal));
  }

  onCancel(listener: () => void): void {
    this.call.onCancel(listener);
  }

  /** A failed result with advice added to it, where there is any. */
  #advised(result: Params): Params | undefined {
    const content = Array.isArray(result["content"]) ? (result["content"] as unknown[]) : [];
    const texts = content.map((block) => isObject(block) && block["text"]);
    const advice = this.rules.advice(texts.filter((text) => typeof text === "string").join("\n"));
    return advice === undefined
      ? undefined
      : { ...result, content: [...content, { type: "text", text: advice }] };
  }
}
