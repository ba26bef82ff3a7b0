import type { Log } from "../../log.ts";
import { isObject } from "../../system/json.ts";
import type { HostedCall } from "../calls/hosted-call.ts";
import { type ClientInfo, takesForms } from "../protocol/capabilities.ts";
import type { InputRequest, InputRequests, InputResponses } from "../protocol/input-request.ts";
import type { Params } from "../protocol/message.ts";
import type { Environment } from "../service/whoami.ts";
import { type Choice, type Environments, knownEnvironment, matchEnvironment } from "./environments.ts";

export interface EnvironmentQuestionsOptions {
  environments: Environments;
  /** Looks up the Environment of a choice. */
  find: (choice: Choice, client: ClientInfo) => Promise<Environment>;
  log: Log;
}

type Ask = (requests: InputRequests) => Promise<InputResponses>;

/** Answers the hosted server's questions about the Environment with the current one. */
export class EnvironmentQuestions {
  constructor(private readonly options: EnvironmentQuestionsOptions) {}

  /**
   * Answers a call's input requests with the current Environment where possible, and asks the caller the
   * rest.
   */
  respond(
    call: Pick<HostedCall, "client" | "ask">,
    requests: InputRequests,
    signal?: AbortSignal
  ): Promise<InputResponses> {
    const ask: Ask = (others) => call.ask(others, signal);
    return this.#respond(call.client, requests, ask, ask);
  }

  /**
   * The same for the input that a retry needs. @returns undefined if the caller makes the retry itself
   */
  respondForRetry(
    call: Pick<HostedCall, "client" | "ask" | "askForRetry">,
    requests: InputRequests
  ): Promise<InputResponses | undefined> {
    const ask: Ask = (others) => call.ask(others);
    return this.#respond(call.client, requests, ask, () => call.askForRetry(requests));
  }

  /** @param askAll asks the caller if no request was answered or changed here; `ask` does otherwise */
  async #respond<All extends InputResponses | undefined>(
    client: ClientInfo,
    requests: InputRequests,
    ask: Ask,
    askAll: (requests: InputRequests) => Promise<All>
  ): Promise<InputResponses | All> {
    const responses: InputResponses = {};
    const open: InputRequests = {};
    for (const [key, request] of Object.entries(requests)) {
      const result = await this.#answer(client, request);
      if (result) responses[key] = { result };
      else open[key] = request;
    }
    const question = this.#questionIn(open);
    if (question) return { ...responses, ...(await this.#askUser(open, question, ask)) };
    if (Object.keys(responses).length === 0) return askAll(requests);
    return Object.keys(open).length === 0 ? responses : { ...responses, ...(await ask(open)) };
  }

  /**
   * Answers a request without the user, because the Environment is known or the client has no forms;
   * undefined if the user has to be asked.
   */
  async #answer(client: ClientInfo, request: InputRequest): Promise<Params | undefined> {
    const form = this.#read(request);
    const answer = form && (await this.#current(client, form));
    if (answer || takesForms(client) || request.method !== "elicitation/create") return answer;
    // EnvironmentGate.callerFor has declared forms to Imgwire for a client that has none.
    return form || this.options.environments.current() ? { action: "cancel" } : undefined;
  }

  /** The answer with the current Environment; undefined if there is none or the form doesn't offer it. */
  async #current(client: ClientInfo, form: EnvironmentQuestion): Promise<Params | undefined> {
    const { environments, find } = this.options;
    const choice = environments.current();
    if (!choice) return undefined;
    const { wanted } = choice;
    const answer = answerWith(form, { wanted, environment: knownEnvironment(wanted, environments) });
    if (answer) return answer;
    const environment = await find(choice, client).catch(() => undefined);
    return environment && answerWith(form, { wanted, environment });
  }

  /** Finds the first request that asks for an Environment. */
  #questionIn(requests: InputRequests): { key: string; form: EnvironmentQuestion } | undefined {
    for (const [key, request] of Object.entries(requests)) {
      const form = this.#read(request);
      if (form) return { key, form };
    }
    return undefined;
  }

  /** Asks the user, and saves the Environment that they select if they tick the box for remembering it. */
  async #askUser(
    requests: InputRequests,
    { key, form }: { key: string; form: EnvironmentQuestion },
    ask: Ask
  ): Promise<InputResponses> {
    const request = requests[key]!;
    const folder = this.options.environments.projectFolder();
    const asked = withRemember(request, folder === undefined ? "all folders" : "this project folder");
    const responses = await ask({ ...requests, [key]: asked });
    const response = responses[key];
    if (asked === request || !response || "error" in response) return responses;
    const { result, remember } = takeRemember(form, response.result);
    if (remember) await this.#save(remember, folder);
    return { ...responses, [key]: { result } };
  }

  #read(request: InputRequest): EnvironmentQuestion | undefined {
    return readQuestion(request, this.options.environments.known.fresh() ?? []);
  }

  /** Saves a choice. A failure is only logged, because the call can still go ahead. */
  async #save(environment: Environment, folder: string | undefined): Promise<void> {
    const { environments, log } = this.options;
    try {
      const choose = folder === undefined ? "chooseForUser" : "chooseForProject";
      log.info(`The Environment ${environment.name} is saved in ${await environments[choose](environment)}.`);
    } catch (error) {
      log.warn(`The Environment could not be saved: ${(error as Error).message}`);
    }
  }
}

/** A form from the hosted server that asks for an Environment and requires nothing else. */
export interface EnvironmentQuestion {
  /** The form's property for the Environment. */
  property: string;
  /** The options: the value of each as `id`, its title as `name`. */
  options: readonly Environment[];
}

/**
 * Detects a question about the Environment: form elicitation with one single-select property that mentions an
 * Environment or offers a known one (MCP 2025-11-25, elicitation, requested schema: `enum` with `enumNames`,
 * or titled `oneOf`).
 * @returns undefined for any other question
 */
export function readQuestion(
  { method, params }: InputRequest,
  known: readonly Environment[]
): EnvironmentQuestion | undefined {
  if (method !== "elicitation/create" || (params?.["mode"] ?? "form") !== "form") return undefined;
  const schema = params?.["requestedSchema"];
  const properties = isObject(schema) && isObject(schema["properties"]) ? schema["properties"] : {};
  const candidates = Object.entries(properties).flatMap(([property, definition]) => {
    const options = isObject(definition) ? optionsOf(definition) : [];
    const said = [property, definition, params?.["message"]].map((part) => JSON.stringify(part)).join(" ");
    const isOne = /environment/i.test(said) || options.some(({ id }) => known.some((each) => each.id === id));
    return options.length > 0 && isOne ? [{ property, options }] : [];
  });
  const [question, ...others] = candidates;
  const required = isObject(schema) && Array.isArray(schema["required"]) ? schema["required"] : [];
  const more = required.some((name) => name !== question?.property);
  return others.length > 0 || more ? undefined : question;
}

function optionsOf(definition: Params): Environment[] {
  const titled = [definition["oneOf"], definition["anyOf"]].find(Array.isArray) as unknown[] | undefined;
  if (titled) return titled.flatMap((each) => (isObject(each) ? option(each["const"], each["title"]) : []));
  const values = Array.isArray(definition["enum"]) ? (definition["enum"] as unknown[]) : [];
  const names = Array.isArray(definition["enumNames"]) ? (definition["enumNames"] as unknown[]) : [];
  return values.flatMap((value, index) => option(value, names[index]));
}

function option(value: unknown, title: unknown): Environment[] {
  if (typeof value !== "string") return [];
  return [{ id: value, name: typeof title === "string" ? title : value }];
}

/**
 * Fills in a form with the chosen Environment.
 * @param chosen the choice as written, and its Environment if that is known
 * @returns undefined if it isn't among the options
 */
export function answerWith(
  { property, options }: EnvironmentQuestion,
  chosen: { wanted: string; environment: Environment | undefined }
): Params | undefined {
  const { wanted, environment } = chosen;
  const names = environment ? [environment.id, environment.name] : [wanted];
  for (const name of names) {
    const match = matchEnvironment(name, options);
    if ("found" in match) return { action: "accept", content: { [property]: match.found.id } };
  }
  return undefined;
}

const REMEMBER = "remember";

/**
 * Adds to a question a checkbox for saving the answer.
 * @param where what it is saved for, as shown to the user
 */
export function withRemember(question: InputRequest, where: string): InputRequest {
  const { params } = question;
  const schema = params?.["requestedSchema"] as Params & { properties: Params };
  if (REMEMBER in schema.properties) return question;
  const remember = { type: "boolean", title: `Remember for ${where}`, default: false };
  const properties = { ...schema.properties, [REMEMBER]: remember };
  return { ...question, params: { ...params, requestedSchema: { ...schema, properties } } };
}

/**
 * Removes the checkbox from an answer.
 * @returns the answer for the hosted server, and the Environment to save if the box was ticked
 */
export function takeRemember(
  { property, options }: EnvironmentQuestion,
  result: Params
): { result: Params; remember: Environment | undefined } {
  if (!isObject(result["content"]) || !(REMEMBER in result["content"]))
    return { result, remember: undefined };
  const { [REMEMBER]: ticked, ...content } = result["content"];
  const chosen = options.find(({ id }) => id === content[property]);
  const keep = result["action"] === "accept" && ticked === true;
  return { result: { ...result, content }, remember: keep ? chosen : undefined };
}
