import { isObject } from "../../system/json.ts";
/** A JSON-RPC request id in MCP: never null. 0 and "" are valid ids, and 1 differs from "1". */
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

/** An error response to a request whose id the server could not determine. */
export interface ErrorWithoutId {
  jsonrpc: "2.0";
  id?: null;
  error: RpcError;
}

/** The two families of protocol revisions: up to 2025-11-25 with a handshake, from 2026-07-28 without. */
export type Era = "legacy" | "modern";

/** A received message: its kind and its text, which is forwarded as it is unless something has to change. */
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
 * Classifies a message as a request, notification or response by its shape (JSON-RPC 2.0 sections 4 and 5).
 * @param value the parsed message
 * @param raw its text; the result has a new text if a null `params` was dropped or a bad response became an
 *   error
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
    // Treat a null `params` as absent.
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
 * A response without an id can only be an error raised before the id was known (JSON-RPC 2.0 section 5). A
 * response with an id but without exactly one of result and error becomes an error, so that its request
 * doesn't wait forever.
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

/** The `_meta` keys of modern messages (MCP 2026-07-28, basic/index, `_meta`). */
export const META = {
  protocolVersion: "io.modelcontextprotocol/protocolVersion",
  clientInfo: "io.modelcontextprotocol/clientInfo",
  clientCapabilities: "io.modelcontextprotocol/clientCapabilities",
  logLevel: "io.modelcontextprotocol/logLevel",
  serverInfo: "io.modelcontextprotocol/serverInfo",
  subscriptionId: "io.modelcontextprotocol/subscriptionId"
} as const;

/** Log levels, from the least severe to the most severe (MCP 2025-11-25, server/utilities/logging). */
export const LOG_LEVELS: readonly string[] = [
  "debug",
  "info",
  "notice",
  "warning",
  "error",
  "critical",
  "alert",
  "emergency"
];

/** The `_meta` of a request or notification; empty if it has none. */
export function metaOf(message: { params?: Params }): Params {
  const meta = message.params?.["_meta"];
  return isObject(meta) ? meta : {};
}

/** The token by which a request asks for progress notifications; undefined if it doesn't. */
export function progressTokenOf(message: { params?: Params }): Id | undefined {
  const token = metaOf(message)["progressToken"];
  return isId(token) ? token : undefined;
}

/**
 * The era of a request (MCP 2026-07-28, versioning, backward compatibility). `server/discover` or an envelope
 * makes it modern; `initialize` without an envelope makes it legacy; any other request has the era of the one
 * before.
 */
export function eraOf(request: Request, before: Era): Era {
  if (request.method === "server/discover" || META.protocolVersion in metaOf(request)) return "modern";
  return request.method === "initialize" ? "legacy" : before;
}
