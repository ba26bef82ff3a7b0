import type { Question } from "./call.ts";
import { isObject, type Params } from "./message.ts";

/** The Environment to work in, as far as it is known. */
export interface ChosenEnvironment {
  id?: string | undefined;
  name?: string | undefined;
}

/** The header that names the Environment to the hosted server, where its id is known. */
export function environmentHeader(environment: ChosenEnvironment | undefined): Record<string, string> {
  return environment?.id === undefined ? {} : { "x-environment-id": environment.id };
}

/**
 * Answers the hosted server's question for an Environment with the one that was chosen: a form with a single field
 * that is about an environment and offers it. Any other form is the user's to answer.
 */
export function environmentPreset(
  { method, params }: Question,
  environment: ChosenEnvironment | undefined
): Params | undefined {
  if (!environment || method !== "elicitation/create" || !isObject(params?.["requestedSchema"]))
    return undefined;
  const properties = params["requestedSchema"]["properties"];
  if (!isObject(properties) || Object.keys(properties).length !== 1) return undefined;
  const [[field, schema] = ["", undefined]] = Object.entries(properties);
  if (!/environment/i.test(field) || !isObject(schema)) return undefined;
  const wanted = [environment.id, environment.name].filter((each) => each !== undefined);
  const option = optionsOf(schema).find(
    ({ value, label }) => wanted.includes(value) || wanted.includes(label)
  );
  return option && { action: "accept", content: { [field]: option.value } };
}

/** The choices of a field, in any of the ways that elicitation schemas have to list them. */
function optionsOf(schema: Params): { value: string; label: string }[] {
  const titled = schema["oneOf"] ?? schema["anyOf"];
  if (Array.isArray(titled)) {
    return titled.flatMap((each: unknown) => {
      if (!isObject(each) || typeof each["const"] !== "string") return [];
      return [{ value: each["const"], label: String(each["title"] ?? each["const"]) }];
    });
  }
  const names = Array.isArray(schema["enumNames"]) ? schema["enumNames"] : [];
  const values = Array.isArray(schema["enum"]) ? schema["enum"] : [];
  return values.flatMap((value: unknown, at) =>
    typeof value === "string" ? [{ value, label: String(names[at] ?? value) }] : []
  );
}
