import type { Tool } from "@modelcontextprotocol/client";
import { isObject } from "../../system/json.ts";

/** The most that the whole list may cost a model, in tokens. */
const MAX_LIST_TOKENS = 6_000;

/**
 * Returns the tools unchanged if a model can afford them. Otherwise, output schemas first lose the keywords
 * that only a validator reads, and then the largest schemas are dropped; results still match what remains.
 * Nothing else is changed, because a model needs all of it to call a tool.
 */
export function fitToBudget(tools: readonly Tool[]): Tool[] {
  const fits = (length: number): boolean => tokensIn(length) <= MAX_LIST_TOKENS;
  if (fits(lengthOf(tools))) return [...tools];
  const loosened = tools.map((tool) =>
    tool.outputSchema
      ? { ...tool, outputSchema: { type: "object" as const, ...loosen(tool.outputSchema) } }
      : tool
  );
  const costliestFirst = loosened
    .filter(({ outputSchema }) => outputSchema !== undefined)
    .map((tool) => ({ tool, cost: lengthOf(tool) - lengthOf(withoutOutput(tool)) }))
    .sort((one, other) => other.cost - one.cost);
  const dropped = new Set<Tool>();
  let length = lengthOf(loosened);
  for (const { tool, cost } of costliestFirst) {
    if (fits(length)) break;
    dropped.add(tool);
    length -= cost;
  }
  return loosened.map((tool) => (dropped.has(tool) ? withoutOutput(tool) : tool));
}

function withoutOutput({ outputSchema: _, ...tool }: Tool): Tool {
  return tool;
}

/** Keywords whose values are schemas by name or lists of schemas, and keywords that are kept unchanged. */
const NAMED = new Set(["properties", "$defs", "definitions"]);
const LISTS = new Set(["anyOf", "allOf", "prefixItems"]);
const KEPT = new Set(["type", "enum", "const", "description", "$ref"]);

/**
 * Returns a looser schema (JSON Schema 2020-12), which accepts whatever the given one accepts and maybe more.
 */
function loosen(schema: unknown): Record<string, unknown> {
  // A boolean schema, or anything that isn't a schema, becomes one that accepts everything.
  if (!isObject(schema)) return {};
  const loose = Object.entries(schema).flatMap(([keyword, value]): [string, unknown][] => {
    if (KEPT.has(keyword)) return [[keyword, value]];
    if (NAMED.has(keyword) && isObject(value)) return [[keyword, mapValues(value)]];
    // Loosened branches may overlap, which `oneOf` doesn't allow.
    const name = keyword === "oneOf" && !("anyOf" in schema) ? "anyOf" : keyword;
    if (LISTS.has(name) && Array.isArray(value)) return [[name, value.map(loosen)]];
    return keyword === "items" && isObject(value) ? [[keyword, loosen(value)]] : [];
  });
  return withOneType(Object.fromEntries(loose));
}

function mapValues(schemas: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(schemas).map(([name, each]) => [name, loosen(each)]));
}

/** Replaces an `anyOf` of plain types with one list of types. */
function withOneType({ anyOf, ...rest }: Record<string, unknown>): Record<string, unknown> {
  if (!Array.isArray(anyOf)) return rest;
  const types = anyOf.map((each: unknown) =>
    isObject(each) && Object.keys(each).length === 1 ? each["type"] : undefined
  );
  const isPlain = !("type" in rest) && types.every((type) => typeof type === "string");
  return isPlain ? { ...rest, type: types } : { ...rest, anyOf };
}

/** The usual estimate for JSON and English; for this program's list it is within 7% of GPT-4o's tokenizer. */
const CHARS_PER_TOKEN = 4;

function tokensIn(length: number): number {
  return Math.ceil(length / CHARS_PER_TOKEN);
}

function lengthOf(value: unknown): number {
  return JSON.stringify(value).length;
}

/** Estimates the tokens that a tool costs a model. Hosts don't pass on its icons and `_meta`. */
export function tokensOf({ icons: _, _meta, ...shown }: Tool): number {
  return tokensIn(lengthOf(shown));
}
