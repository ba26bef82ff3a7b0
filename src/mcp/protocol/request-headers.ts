import { isObject } from "../../system/json.ts";
import { META, metaOf, type Params, type Request } from "./message.ts";

/** Methods whose `name` parameter is mirrored in a header. */
const NAMED = new Set(["tools/call", "prompts/get"]);

/**
 * The header fields that go with a request, some of which mirror it (MCP 2026-07-28, Streamable HTTP, request
 * metadata).
 * @param version the protocol version, if the request doesn't state it itself
 */
export function requestFields(request: Request, version: string): Record<string, string> {
  const { method, params } = request;
  const source =
    method === "resources/read" ? params?.["uri"] : NAMED.has(method) ? params?.["name"] : undefined;
  const stated = metaOf(request)[META.protocolVersion];
  return {
    "content-type": "application/json",
    accept: "application/json, text/event-stream",
    "mcp-protocol-version": typeof stated === "string" ? stated : version,
    "mcp-method": fieldValue(method),
    ...(typeof source === "string" && { "mcp-name": fieldValue(source) })
  };
}

/**
 * Encodes a text as a header field value: the text itself, or Base64 in the spec's `=?base64?…?=` wrapper
 * (value encoding).
 */
export function fieldValue(text: string): string {
  const plain = /^[\x21-\x7e]([\x20-\x7e\t]*[\x21-\x7e])?$/.test(text) && !/^=\?base64\?.*\?=$/.test(text);
  return plain ? text : `=?base64?${Buffer.from(text, "utf8").toString("base64")}?=`;
}

/** An input property whose value is also sent in the header `Mcp-Param-{name}`. */
export interface AnnotatedHeader {
  name: string;
  /** The chain of `properties` keys that leads to it. */
  path: readonly string[];
}

const KEY = "x-mcp-header";
/** `1*tchar`, RFC 9110 section 5.1. */
const TOKEN = /^[!#$%&'*+\-.^_`|~\w]+$/;
const PRIMITIVES = new Set(["string", "integer", "boolean"]);
const MAX_DEPTH = 64;

/**
 * Finds the `x-mcp-header` annotations in an input schema (MCP 2026-07-28, Streamable HTTP, custom headers
 * from tool parameters). A tool with an invalid annotation must not be offered.
 * @returns the annotated headers, or why an annotation is invalid
 */
export function annotatedHeaders(schema: Params): { headers: AnnotatedHeader[] } | { invalid: string } {
  const headers: AnnotatedHeader[] = [];
  const invalid = walk(schema, [], headers, true);
  if (invalid !== undefined) return { invalid };
  const names = headers.map(({ name }) => name.toLowerCase());
  const twice = names.find((name, at) => names.indexOf(name) !== at);
  return twice === undefined
    ? { headers }
    : { invalid: `the header ${JSON.stringify(twice)} is named twice` };
}

/** @param reachable whether only `properties` keywords lead to this schema */
function walk(
  schema: unknown,
  path: readonly string[],
  found: AnnotatedHeader[],
  reachable: boolean,
  depth = 0
): string | undefined {
  if (depth > MAX_DEPTH) return "its input schema is nested too deeply";
  if (Array.isArray(schema)) return first(schema, (each) => walk(each, path, found, false, depth + 1));
  if (!isObject(schema)) return undefined;
  if (KEY in schema) {
    const problem = problemOf(schema, path, reachable);
    if (problem !== undefined) return problem;
    found.push({ name: schema[KEY] as string, path });
  }
  return first(Object.entries(schema), ([key, value]) => {
    if (key === "properties" && isObject(value)) {
      return first(Object.entries(value), ([name, each]) =>
        walk(each, [...path, name], found, reachable, depth + 1)
      );
    }
    // These keywords hold data, not schemas, so an annotation in them means nothing.
    if (["const", "enum", "default", "examples"].includes(key)) return undefined;
    return walk(value, path, found, false, depth + 1);
  });
}

function problemOf(schema: Params, path: readonly string[], reachable: boolean): string | undefined {
  const name = schema[KEY];
  if (typeof name !== "string" || !TOKEN.test(name))
    return `${KEY} ${JSON.stringify(name)} is not a header name`;
  if (!reachable || path.length === 0)
    return `${KEY} ${JSON.stringify(name)} is not on a property reached through "properties" alone`;
  if (typeof schema["type"] !== "string" || !PRIMITIVES.has(schema["type"])) {
    return `${KEY} ${JSON.stringify(name)} is on a property that is not a string, an integer or a boolean`;
  }
  return undefined;
}

function first<T>(all: readonly T[], check: (each: T) => string | undefined): string | undefined {
  for (const each of all) {
    const problem = check(each);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

/** Headers by input schema, because every call of a tool needs them. */
const known = new WeakMap<object, readonly AnnotatedHeader[]>();

/** The annotated headers of a tool; none if it is unknown or an annotation is invalid. */
export function headersOf(tool: { inputSchema?: unknown } | undefined): readonly AnnotatedHeader[] {
  const schema = tool?.inputSchema;
  if (!isObject(schema)) return [];
  let headers = known.get(schema);
  if (!headers) known.set(schema, (headers = validHeaders(schema)));
  return headers;
}

function validHeaders(schema: Params): readonly AnnotatedHeader[] {
  const found = annotatedHeaders(schema);
  return "headers" in found ? found.headers : [];
}

/** The `Mcp-Param-*` fields for the arguments of a call; an argument that is absent or null has none. */
export function paramHeaders(headers: readonly AnnotatedHeader[], args: unknown): Record<string, string> {
  const fields: Record<string, string> = {};
  for (const { name, path } of headers) {
    const value = path.reduce<unknown>(
      (at, key) => (isObject(at) && Object.hasOwn(at, key) ? at[key] : undefined),
      args
    );
    if (["string", "number", "boolean"].includes(typeof value))
      fields[`mcp-param-${name}`] = fieldValue(String(value));
  }
  return fields;
}
