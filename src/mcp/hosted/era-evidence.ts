import { ImgwireError } from "../../errors.ts";
import { isObject } from "../../system/json.ts";
import {
  HEADER_MISMATCH,
  type Incoming,
  type RpcError,
  UNSUPPORTED_PROTOCOL_VERSION
} from "../protocol/message.ts";

/**
 * Whether an error may mean that the server speaks the other era: a JSON-RPC error, or an HTTP status 4xx
 * other than 401, 403 and 429, which the transport reports as other errors.
 */
export function isEraMismatch(error: unknown): error is ImgwireError {
  if (!(error instanceof ImgwireError)) return false;
  if (error.code === "protocol") return true;
  if (error.code !== "http_status") return false;
  const status = statusOf(error);
  return status !== undefined && status >= 400 && status < 500;
}

const OPENING = new Set(["initialize", "server/discover"]);

/** Whether an opening request was answered with a 5xx: a server that fails doesn't indicate its era. */
export function isFailure(method: string, status: number): boolean {
  return status >= 500 && OPENING.has(method);
}

/** The versions listed in an UnsupportedProtocolVersion error (-32022); undefined for any other error. */
export function supportedVersions(error: RpcError | undefined): readonly string[] | undefined {
  if (error?.code !== UNSUPPORTED_PROTOCOL_VERSION || !isObject(error.data)) return undefined;
  const { supported } = error.data;
  return Array.isArray(supported) ? supported.filter((each) => typeof each === "string") : undefined;
}

/** The code of an error response; undefined for any other message. */
export function errorCodeOf(incoming: Incoming): number | undefined {
  const isResponse = incoming.kind === "response" || incoming.kind === "error";
  return isResponse ? incoming.message.error?.code : undefined;
}

/** Whether only modern servers use an error code. */
export function isModernCode(code: number | undefined): boolean {
  return code === UNSUPPORTED_PROTOCOL_VERSION || code === HEADER_MISMATCH;
}

/** Whether no modern server uses an error code, because neither JSON-RPC nor MCP 2026-07-28 defines it. */
export function isLegacyCode(code: number | undefined): boolean {
  return code !== undefined && code <= -32_000 && code >= -32_019;
}

function statusOf(error: ImgwireError): number | undefined {
  const cause = error.cause;
  return isObject(cause) && typeof cause["status"] === "number" ? cause["status"] : undefined;
}
