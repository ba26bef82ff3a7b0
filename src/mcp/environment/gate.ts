import type { Log } from "../../log.ts";
import { isObject } from "../../system/json.ts";
import type { Caller, Headers, HostedCall } from "../calls/hosted-call.ts";
import { hostedTools } from "../calls/hosted-tools.ts";
import type { HostedClient } from "../hosted/client.ts";
import { type ClientInfo, takesForms } from "../protocol/capabilities.ts";
import type { InputRequests, InputResponses } from "../protocol/input-request.ts";
import type { Era, Notification, Params, Request, Response } from "../protocol/message.ts";
import { MODERN_VERSIONS } from "../protocol/revisions.ts";
import { askWhoami, type Environment, WHOAMI } from "../service/whoami.ts";
import {
  askForRoots,
  type Choice,
  chosenNow,
  type Environments,
  findEnvironment,
  isId,
  knownEnvironment
} from "./environments.ts";
import { EnvironmentQuestions } from "./question.ts";

/** What the gate needs. */
export interface EnvironmentGateOptions {
  environments: Environments;
  /** Where calls and notifications go from here. */
  next: Pick<HostedClient, "send" | "notify">;
  log: Log;
}

const MAX_NAMES = 20;

/** Tools for correcting a choice that can't be found. They don't need an Environment. */
export const EXEMPT = new Set<unknown>([WHOAMI, "use_environment"]);

/**
 * Forwards tool calls so that they run in the Environment selected on this machine: it sends the header
 * `X-Environment-Id`, and answers if the hosted server asks for an Environment. A choice that can't be found
 * fails the call, which would otherwise run in a different Environment.
 */
export class EnvironmentGate {
  /** Answers the hosted server's questions about the Environment. */
  readonly questions: EnvironmentQuestions;
  #listing: Promise<readonly Environment[]> | undefined;

  constructor(private readonly options: EnvironmentGateOptions) {
    const { environments, log } = options;
    const find = (choice: Choice, client: ClientInfo): Promise<Environment> => this.#find(choice, client);
    this.questions = new EnvironmentQuestions({ environments, find, log });
  }

  /**
   * The client as it is described to Imgwire, and the header that names the Environment. If an Environment is
   * selected, the client is described as supporting forms, because this program can answer those about the
   * Environment.
   */
  callerFor(client: ClientInfo): Caller {
    const headers = this.#headers();
    if (!this.options.environments.current() || takesForms(client)) return { client, headers };
    const { elicitation } = client.capabilities;
    const forms = { elicitation: { ...(elicitation as object), form: {} } };
    return { client: { ...client, capabilities: { ...client.capabilities, ...forms } }, headers };
  }

  send(call: HostedCall): void {
    const { method, params } = call.request;
    if (method !== "tools/call" || EXEMPT.has(params?.["name"])) {
      call.headers = this.#headers();
      return this.options.next.send(call);
    }
    const ready = this.ready(call);
    if (!ready) return this.options.next.send(new EnvironmentCall(call, this));
    ready.then(
      () => this.options.next.send(new EnvironmentCall(call, this)),
      (error: unknown) => call.fail(error)
    );
  }

  notify(notification: Notification, raw: string): void {
    if (notification.method === "notifications/roots/list_changed")
      this.options.environments.useRoots(undefined);
    this.options.next.notify(notification, raw);
  }

  /**
   * Resolves once the Environment for a call is known, which may take asking the client for its roots and
   * looking up a name. Undefined if it is already known.
   * @throws ImgwireError `environment_unreadable`; the promise rejects with `environment_unknown`,
   *   `environment_ambiguous`, or the error of listing the Environments
   */
  ready(call: Pick<HostedCall, "client" | "ask">): Promise<unknown> | undefined {
    if (!this.#wantsRoots(call.client)) return this.#lookUp(call.client);
    return askForRoots(call).then((roots) => {
      this.options.environments.useRoots(roots);
      return this.#lookUp(call.client);
    });
  }

  /** Advice on a failure that may be due to the Environment; undefined for any other text. */
  advice(text: string): string | undefined {
    if (!/\benvironments?\b/i.test(text)) return undefined;
    const { environments } = this.options;
    const choice = environments.current();
    if (choice) {
      return `The current Environment is "${choice.wanted}", set in ${choice.place}. \`imgwire env list\` shows yours.`;
    }
    const names = (environments.known.fresh() ?? []).slice(0, MAX_NAMES).map(({ name }) => name);
    const which = names.length > 0 ? `one of: ${names.join(", ")}` : "one that whoami lists";
    return (
      `No Environment is selected on this machine. Call use_environment with ${which}; or run \`imgwire env use <name>\` ` +
      "in a terminal; or link this connection to one in the Imgwire dashboard, under Authorized Connections."
    );
  }

  #headers(): Headers {
    const id = chosenNow(this.options.environments)?.id;
    return id === undefined ? {} : { "x-environment-id": id };
  }

  /**
   * Whether to ask for the client's roots. Asking a modern client makes it retry its call, so it is asked
   * only if nothing else indicates its project.
   */
  #wantsRoots({ capabilities, protocolVersion }: ClientInfo): boolean {
    const { environments } = this.options;
    if (!isObject(capabilities["roots"]) || !environments.wantsRoots()) return false;
    return !MODERN_VERSIONS.includes(protocolVersion) || environments.projectFolder() === undefined;
  }

  #lookUp(client: ClientInfo): Promise<Environment> | undefined {
    const { environments } = this.options;
    environments.requireReadable();
    const choice = environments.current();
    const isKnown = !choice || isId(choice.wanted) || knownEnvironment(choice.wanted, environments);
    return isKnown ? undefined : this.#find(choice, client);
  }

  /** The Environment of a choice, looked up if it isn't known; single-flight. */
  async #find({ wanted, place }: Choice, client: ClientInfo): Promise<Environment> {
    const known = knownEnvironment(wanted, this.options.environments);
    if (known) return known;
    this.#listing ??= this.#list(client).finally(() => (this.#listing = undefined));
    return findEnvironment(wanted, await this.#listing, place);
  }

  async #list(client: ClientInfo): Promise<readonly Environment[]> {
    const { next, environments } = this.options;
    const { environments: listed } = await askWhoami(
      hostedTools({ send: (call) => next.send(call), client, headers: this.#headers() })
    );
    await environments.known.learn(listed);
    return listed;
  }
}

/**
 * A tool call to Imgwire in the selected Environment. Questions about the Environment are answered here, and
 * advice is added to a failure that may be due to it.
 */
class EnvironmentCall implements HostedCall {
  readonly client: ClientInfo;
  readonly headers: Headers;
  readonly era: Era;
  readonly request: Request;
  readonly raw: string | undefined;
  readonly repeatable: boolean;

  constructor(
    private readonly call: HostedCall,
    private readonly gate: EnvironmentGate
  ) {
    const { client, headers } = gate.callerFor(call.client);
    this.client = client;
    this.headers = headers;
    this.era = call.era;
    this.request = call.request;
    // A modern request states its client, so it must be serialized again if the client was changed.
    this.raw = client === call.client || call.era === "legacy" ? call.raw : undefined;
    this.repeatable = call.repeatable;
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

  ask(requests: InputRequests, signal?: AbortSignal): Promise<InputResponses> {
    return this.gate.questions.respond(this.call, requests, signal);
  }

  askForRetry(requests: InputRequests): Promise<InputResponses | undefined> {
    return this.gate.questions.respondForRetry(this.call, requests);
  }

  onCancel(listener: () => void): void {
    this.call.onCancel(listener);
  }

  /** Adds advice to a failed result; undefined if there is none to add. */
  #advised(result: Params): Params | undefined {
    const content = Array.isArray(result["content"]) ? (result["content"] as unknown[]) : [];
    const texts = content.map((block) => isObject(block) && block["text"]);
    const advice = this.gate.advice(texts.filter((text) => typeof text === "string").join("\n"));
    if (advice === undefined) return undefined;
    return { ...result, content: [...content, { type: "text", text: advice }] };
  }
}
