import { isObject } from "../../system/json.ts";
import type { Answers, ClientInfo, HostedCall, Questions } from "../calls/hosted-call.ts";
import { restated } from "../era/modern/envelope.ts";
import { retryOf } from "../era/modern/input-required.ts";
import {
  type Era,
  type Notification,
  type Params,
  type Request,
  type Response
} from "../protocol/message.ts";
import type { EnvironmentGate } from "./gate.ts";

/**
 * A tool call on its way to the hosted server in the Environment in force: what the server asks goes through the
 * gate, and a failure for want of an Environment says what to do.
 */
export class EnvironmentCall implements HostedCall {
  readonly client: ClientInfo;
  readonly request: Request;
  readonly raw: string | undefined;

  constructor(
    private readonly call: HostedCall,
    private readonly gate: EnvironmentGate,
    private readonly round = 0,
    request = call.request
  ) {
    this.client = gate.clientFacts(call.client);
    const stated = this.client === call.client || call.era === "legacy";
    this.request = stated ? request : restated(request, this.client);
    this.raw = this.request === call.request ? call.raw : undefined;
  }

  get era(): Era {
    return this.call.era;
  }
  get repeatable(): boolean {
    return this.call.repeatable;
  }
  get open(): boolean {
    return this.call.open;
  }

  respond(response: Response, raw: string | undefined, from: Era): void {
    const { result } = response;
    if (result?.["isError"] === true) return this.#failed(response, result, raw, from);
    if (result?.["resultType"] === "input_required" && this.gate.asksForEnvironment(result)) {
      this.#again(response).catch((error: unknown) => this.call.fail(error));
    } else {
      this.call.respond(response, raw, from);
    }
  }

  fail(error: unknown): void {
    this.call.fail(error);
  }

  notify(notification: Notification, raw: string): void {
    this.call.notify(notification, raw);
  }

  ask(questions: Questions, signal?: AbortSignal): Promise<Answers> {
    return this.gate.ask(this.call.client, questions, (others) => this.call.ask(others, signal));
  }

  onCancel(listener: () => void): void {
    this.call.onCancel(listener);
  }

  /** Answers in the place of a modern agent, which would have to retry by itself. */
  async #again(response: Response): Promise<void> {
    const retry = await retryOf(this, this.request, response, this.round);
    if (!retry || "error" in retry) {
      const answer = retry ? { jsonrpc: "2.0" as const, id: response.id, error: retry.error } : response;
      return this.call.respond(answer, undefined, "modern");
    }
    this.gate.pass(new EnvironmentCall(this.call, this.gate, this.round + 1, retry.request));
  }

  #failed(response: Response, result: Params, raw: string | undefined, from: Era): void {
    const content = Array.isArray(result["content"]) ? (result["content"] as unknown[]) : [];
    const texts = content.map((block) => isObject(block) && block["text"]);
    const advice = this.gate.advice(texts.filter((text) => typeof text === "string").join("\n"));
    if (advice === undefined) return this.call.respond(response, raw, from);
    const advised = { ...result, content: [...content, { type: "text", text: advice }] };
    this.call.respond({ ...response, result: advised }, undefined, from);
  }
}
