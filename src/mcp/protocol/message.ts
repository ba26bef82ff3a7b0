import { isObject } from "../../system/json.ts";
/** A JSON-RPC request id as MCP allows it: never null. 0 and "" are ids like any other, and 1 is not "1". */
export type Id = string | number;
export type Params = Record<string, unknown>;

export interface Request {
  jsonrpc: "2.0";
  id: Id;
  method: string;
  params?: Params;
}
export interface Notification {
  jsonrpc: "2.0";
  method: string;
  params?: Params;
}
export interface RpcError {
  code: number;
  message: string;
  data?: unknown;
}
export interface Response {
  jsonrpc: "2.0";
  id: Id;
  result?: Params;
  error?: RpcError;
}

/** An error about a request whose id the server could not tell. */
export interface ErrorWithoutId {
  jsonrpc: "2.0";
  id?: null;
  error: RpcError;
}

/** The two families of protocol revisions: up to 2025-11-25 with a handshake, from 2026-07-28 without. */
export type Era = "legacy" | "modern";

/**
 * A message as it was received: what it is, and its text, which goes on unchanged if nothing needs changing.
 */
export type Incoming = { raw: string } & (
  | { kind: "request"; message: Request }
  | { kind: "notification"; message: Notification }
  | { kind: "response"; message: Response }
  | { kind: "error"; message: ErrorWithoutId }
  | { kind: "invalid"; id: Id | undefined; reason: string }
);

/** JSON-RPC 2.0 section 5.1. */
export const PARSE_ERROR = -32700;
export const INVALID_REQUEST = -32600;
export const METHOD_NOT_FOUND = -32601;
export const INVALID_PARAMS = -32602;
export const INTERNAL_ERROR = -32603;
/** MCP 2026-07-28, basic/index, error codes. */
export const HEADER_MISMATCH = -32020;
export const UNSUPPORTED_PROTOCOL_VERSION = -32022;
/** MCP 2025-11-25, client/elicitation, URL elicitation required. */
export const URL_ELICITATION_REQUIRED = -32042;

/**
 * Tells requests, notifications and responses apart (JSON-RPC 2.0 sections 4 and 5), by shape alone.
 * @param value the parsed message
 * @param raw its text; the message has another one if it is read as if it didn't have a member that is null
 */
export function classify(value: unknown, raw: string): Incoming {
  if (Array.isArray(value)) return invalid(raw, undefined, "JSON-RPC batches are not supported");
  if (!isObject(value)) return invalid(raw, undefined, "a JSON-RPC message is an object");
  const id = isId(value["id"]) ? value["id"] : undefined;
  if (value["jsonrpc"] !== "2.0") return invalid(raw, id, 'the field "jsonrpc" must be "2.0"');
  if (typeof value["method"] === "string") return classifyCall(value, id, raw);
  if ("method" in value) return invalid(raw, id, "the method must be a string");
  return classifyResponse(value, id, raw);
}

function classifyCall(value: Params, id: Id | undefined, raw: string): Incoming {
  const { params } = value;
  if (params === null) {
    // A null member is an absent one.
    const call = { ...value };
    delete call["params"];
    return classifyCall(call, id, JSON.stringify(call));
  }
  if (params !== undefined && !isObject(params)) return invalid(raw, id, "params must be an object");
  if (id !== undefined) return { kind: "request", message: value as unknown as Request, raw };
  if ("id" in value) return invalid(raw, undefined, "an id is a string or a number");
  return { kind: "notification", message: value as unknown as Notification, raw };
}

/**
 * A response without the id of its request is an error that came up before the id was known (JSON-RPC 2.0
 * section 5); one that has neither a result nor an error is an error too, since somebody waits for it.
 */
function classifyResponse(value: Params, id: Id | undefined, raw: string): Incoming {
  const { result, error } = value;
  if (id === undefined) {
    if (isError(error)) return { kind: "error", message: value as unknown as ErrorWithoutId, raw };
    return invalid(raw, undefined, "a response needs the id of its request");
  }
  if (isObject(result) !== isError(error))
    return { kind: "response", message: value as unknown as Response, raw };
  const reason = "Invalid response: it must have either a result or an error.";
  const message: Response = { jsonrpc: "2.0", id, error: { code: INTERNAL_ERROR, message: reason } };
  return { kind: "response", message, raw: JSON.stringify(message) };
}

function invalid(raw: string, id: Id | undefined, reason: string): Incoming {
  return { kind: "invalid", id, reason, raw };
}

function isId(value: unknown): value is Id {
  return typeof value === "string" || (typeof value === "number" && Number.isFinite(value));
}

function isError(value: unknown): value is RpcError {
  return isObject(value) && typeof value["code"] === "number" && typeof value["message"] === "string";
}

/** Keys that a modern message has in its `_meta` (MCP 2026-07-28, basic/index, `_meta`). */
export const META = {
  protocolVersion: "io.modelcontextprotocol/protocolVersion",
  clientInfo: "io.modelcontextprotocol/clientInfo",
  clientCapabilities: "io.modelcontextprotocol/clientCapabilities",
  logLevel: "io.modelcontextprotocol/logLevel",
  serverInfo: "io.modelcontextprotocol/serverInfo",
  subscriptionId: "io.modelcontextprotocol/subscriptionId"
} as const;

/** The `_meta` of a request or notification, empty where there is none. */
export function metaOf(message: { params?: Params }): Params {
  const meta = message.params?.["_meta"];
  return isObject(meta) ? meta : {};
}

/** The progress token with which a request asks for progress notifications. */
export function progressTokenOf(message: { params?: Params }): Id | undefined {
  const token = metaOf(message)["progressToken"];
  return isId(token) ? token : undefined;
}

/**
 * The era a request is written in (MCP 2026-07-28, versioning, backward compatibility): an envelope makes it
 * modern, `initialize` without one opens the legacy era, and any other request is in the era of the one
 * before.
 */
export function eraOf(request: Request, before: Era): Era {
  if (request.method === "server/discover" || META.protocolVersion in metaOf(request)) return "modern";
  return request.method === "initialize" ? "legacy" : before;
}
