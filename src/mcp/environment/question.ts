import { isObject } from "../../system/json.ts";
import type { Environment } from "../service/whoami.ts";
import { matchEnvironment } from "./environments.ts";
import { type Params } from "../protocol/message.ts";
import type { InputRequest } from "../protocol/input-request.ts";

/** A form of the hosted server that asks for an Environment and nothing else that is needed. */
export interface EnvironmentQuestion {
  /** The property of the form that takes the Environment. */
  property: string;
  /** What may be chosen: the value of each option as `id`, its title as `name`. */
  options: readonly Environment[];
}

/**
 * Reads a question as one for an Environment: form elicitation with one single-select property that speaks of
 * an Environment, or offers one that is known (MCP 2025-11-25, elicitation, requested schema: `enum` with
 * `enumNames`, or titled `oneOf`).
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
    const spoken = [property, definition, params?.["message"]].map((part) => JSON.stringify(part)).join(" ");
    const isOne =
      /environment/i.test(spoken) || options.some(({ id }) => known.some((each) => each.id === id));
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
 * The answer with the chosen Environment.
 * @param chosen what was written, and the Environment it stands for where that is known
 * @returns undefined where none of the options is that Environment
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

/** The same question with a box to tick for keeping the answer. @param where what it is kept for, in words */
export function withRemember(question: InputRequest, where: string): InputRequest {
  const { params } = question;
  const schema = params?.["requestedSchema"] as Params & { properties: Params };
  if (REMEMBER in schema.properties) return question;
  const remember = { type: "boolean", title: `Remember for ${where}`, default: false };
  const properties = { ...schema.properties, [REMEMBER]: remember };
  return { ...question, params: { ...params, requestedSchema: { ...schema, properties } } };
}

/** Takes the ticked box out of an answer: what the hosted server gets, and the Environment to keep. */
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
