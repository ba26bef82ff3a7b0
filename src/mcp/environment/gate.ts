import type { Log } from "../../log.ts";
import { isObject } from "../../system/json.ts";
import type { Caller, Headers, HostedCall } from "../calls/hosted-call.ts";
import { hostedTools } from "../calls/own-call.ts";
import {
  answerWith,
  type EnvironmentQuestion,
  readQuestion,
  takeRemember,
  withRemember
} from "./question.ts";
import {
  askForRoots,
  type Choice,
  chosenNow,
  type Environments,
  findEnvironment,
  isId,
  matchEnvironment
} from "./environments.ts";
import type { HostedClient } from "../hosted/client.ts";
import { type Notification, type Params } from "../protocol/message.ts";
import { askWhoami, type Environment, WHOAMI } from "../service/whoami.ts";
import { EnvironmentCall, type EnvironmentRules } from "./call.ts";
import type { InputRequest, InputRequests, InputResponses } from "../protocol/input-request.ts";
import { type ClientInfo, takesForms } from "../protocol/capabilities.ts";
import { MODERN_VERSIONS } from "../protocol/revisions.ts";

/** What the gate is made of. */
export interface EnvironmentGateOptions {
  environments: Environments;
  /** Where calls and notifications go from here. */
  next: Pick<HostedClient, "send" | "notify">;
  log: Log;
}

const MAX_NAMES = 20;

/** Tools by which a choice that cannot be found is put right; they work in no Environment. */
export const EXEMPT = new Set<unknown>([WHOAMI, "use_environment"]);

/**
 * Sends tool calls on in the Environment that is chosen on this machine: by the header `X-Environment-Id`,
 * and by answering in its place when the hosted server asks for one. A choice that cannot be found fails the
 * call, since whatever it did would be done in another Environment.
 */
export class EnvironmentGate implements EnvironmentRules {
  #listing: Promise<readonly Environment[]> | undefined;

  constructor(private readonly options: EnvironmentGateOptions) {}

  /** A client as Imgwire is told of it, and the header that names the chosen Environment. */
  callerFor(client: ClientInfo): Caller {
    return { client: this.clientInfo(client), headers: this.#headers() };
  }

  /** What the hosted side is told of a client: this program can answer for one that cannot ask its user. */
  clientInfo(client: ClientInfo): ClientInfo {
    if (takesForms(client) || !this.options.environments.current()) return client;
    const { elicitation } = client.capabilities;
    return {
      ...client,
      capabilities: { ...client.capabilities, elicitation: { ...(elicitation as object), form: {} } }
    };
  }

  send(call: HostedCall): void {
    const { method, params } = call.request;
    if (method !== "tools/call" || EXEMPT.has(params?.["name"])) {
      call.headers = this.#headers();
      this.options.next.send(call);
    } else if (this.#isReady(call)) {
      this.#pass(call);
    } else {
      this.ready(call).then(
        () => this.#pass(call),
        (error: unknown) => call.fail(error)
      );
    }
  }

  notify(notification: Notification, raw: string): void {
    if (notification.method === "notifications/roots/list_changed")
      this.options.environments.useRoots(undefined);
    this.options.next.notify(notification, raw);
  }

  /**
   * Answers the hosted server's questions where the choice does, and puts the others to whoever `next` asks.
   */
  async ask(
    client: ClientInfo,
    questions: InputRequests,
    next: (questions: InputRequests) => Promise<InputResponses>
  ): Promise<InputResponses> {
    const answers: InputResponses = {};
    const open: InputRequests = {};
    for (const [key, question] of Object.entries(questions)) {
      const result = await this.#answer(client, question);
      if (result) answers[key] = { result };
      else open[key] = question;
    }
    return Object.keys(open).length === 0 ? answers : { ...answers, ...(await this.#askUser(open, next)) };
  }

  /**
   * What to do about a failure that may be for want of the right Environment; undefined for any other text.
   */
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

  /** Whether a result that wants input (MCP 2026-07-28) wants an Environment. */
  asksForEnvironment({ inputRequests }: Params): boolean {
    const questions = isObject(inputRequests) ? Object.values(inputRequests) : [];
    return questions.some(
      (question) => isObject(question) && this.#read(question as unknown as InputRequest)
    );
  }

  #pass(call: HostedCall): void {
    this.options.next.send(new EnvironmentCall(call, this, this.#headers()));
  }

  #headers(): Headers {
    const id = chosenNow(this.options.environments)?.id;
    return id === undefined ? {} : { "x-environment-id": id };
  }

  #isReady(call: HostedCall): boolean {
    const { environments } = this.options;
    if (this.#wantsRoots(call.client)) return false;
    environments.requireReadable();
    const choice = environments.current();
    return !choice || isId(choice.wanted) || this.#known(choice.wanted) !== undefined;
  }

  /**
   * Resolves when the Environment for a call is known: the client's roots have been asked for, a name been
   * looked up.
   * @throws ImgwireError `environment_unknown` or `environment_ambiguous`; whatever asking the hosted side
   *   throws
   */
  async ready(call: Pick<HostedCall, "client" | "ask">): Promise<void> {
    const { environments } = this.options;
    if (this.#wantsRoots(call.client)) environments.useRoots(await askForRoots(call));
    environments.requireReadable();
    const choice = environments.current();
    if (choice && !isId(choice.wanted)) await this.#find(choice, call.client);
  }

  /**
   * Whether to ask for the client's roots. A modern client is asked by cutting its call short, so only where
   * nothing else says which project it works in.
   */
  #wantsRoots({ capabilities, protocolVersion }: ClientInfo): boolean {
    const { environments } = this.options;
    if (!isObject(capabilities["roots"]) || !environments.wantsRoots()) return false;
    return !MODERN_VERSIONS.includes(protocolVersion) || environments.projectFolder() === undefined;
  }

  /** What is known of a written id or name, without asking. */
  #known(wanted: string): Environment | undefined {
    const match = matchEnvironment(wanted, this.options.environments.known.fresh() ?? []);
    return "found" in match ? match.found : undefined;
  }

  /**
   * The Environment that a choice stands for, looked up where that is not known; once for all who ask
   * meanwhile.
   */
  async #find({ wanted, place }: Choice, client: ClientInfo): Promise<Environment> {
    const known = this.#known(wanted);
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

  /** The answer to a question that need not, or cannot, be put to the user. */
  async #answer(client: ClientInfo, question: InputRequest): Promise<Params | undefined> {
    const form = this.#read(question);
    const answer = form && (await this.#chosenIn(client, form));
    if (answer || takesForms(client) || question.method !== "elicitation/create") return answer;
    return form || this.clientInfo(client) !== client ? { action: "cancel" } : undefined;
  }

  /**
   * The answer that the choice gives to a form; undefined where there is no choice, or the form does not
   * offer it.
   */
  async #chosenIn(client: ClientInfo, form: EnvironmentQuestion): Promise<Params | undefined> {
    const choice = this.options.environments.current();
    if (!choice) return undefined;
    const { wanted } = choice;
    const answer = answerWith(form, { wanted, environment: this.#known(wanted) });
    if (answer) return answer;
    const environment = await this.#find(choice, client).catch(() => undefined);
    return environment && answerWith(form, { wanted, environment });
  }

  /**
   * Puts questions to the user; the answer to the one for an Environment is kept where the user wants that.
   */
  async #askUser(
    questions: InputRequests,
    next: (questions: InputRequests) => Promise<InputResponses>
  ): Promise<InputResponses> {
    const key = Object.keys(questions).find((each) => this.#read(questions[each]!));
    const question = questions[key ?? ""];
    const form = question && this.#read(question);
    if (key === undefined || !form) return next(questions);
    const folder = this.options.environments.projectFolder();
    const asked = withRemember(question, folder === undefined ? "all folders" : "this project folder");
    const answers = await next({ ...questions, [key]: asked });
    const answer = answers[key];
    if (asked === question || !answer || "error" in answer) return answers;
    const { result, remember } = takeRemember(form, answer.result);
    if (remember) await this.#keep(remember, folder);
    return { ...answers, [key]: { result } };
  }

  #read(question: InputRequest): EnvironmentQuestion | undefined {
    return readQuestion(question, this.options.environments.known.fresh() ?? []);
  }

  /** Keeps what the user has chosen; that it cannot be kept is no reason to fail the call. */
  async #keep(environment: Environment, folder: string | undefined): Promise<void> {
    const { environments, log } = this.options;
    try {
      const choose = folder === undefined ? "chooseForUser" : "chooseForProject";
      log.info(`The Environment ${environment.name} is kept in ${await environments[choose](environment)}.`);
    } catch (error) {
      log.warn(`The Environment could not be kept: ${(error as Error).message}`);
    }
  }
}
