import { ImgwireError } from "../../errors.ts";
import { isObject } from "../../system/json.ts";
import { UNSUPPORTED_PROTOCOL_VERSION } from "../protocol/message.ts";

/**
 * Whether the answer to an opening request is evidence that the server speaks the other era: a JSON-RPC
 * error, or a client error of HTTP that has nothing to do with who is asking. Never an auth status, 429 or
 * 5xx.
 */
export function isRefusal(error: unknown): error is ImgwireError {
  if (!(error instanceof ImgwireError)) return false;
  if (error.code === "protocol") return true;
  if (error.code !== "http_status") return false;
  const status = statusOf(error);
  return status !== undefined && status >= 400 && status < 500;
}

const OPENING = new Set(["initialize", "server/discover"]);

/**
 * Whether the answer to an opening request comes from a server that has failed: no error in it tells of an
 * era.
 */
export function isFailure(method: string, status: number): boolean {
  return status >= 500 && OPENING.has(method);
}

/** The versions an UnsupportedProtocolVersion error (-32022) names; undefined for any other error. */
export function supportedVersions(error: ImgwireError): readonly string[] | undefined {
  const cause = error.cause;
  if (!isObject(cause) || cause["code"] !== UNSUPPORTED_PROTOCOL_VERSION || !isObject(cause["data"]))
    return undefined;
  const supported = cause["data"]["supported"];
  return Array.isArray(supported) ? supported.filter((each) => typeof each === "string") : undefined;
}

function statusOf(error: ImgwireError): number | undefined {
  const cause = error.cause;
  return isObject(cause) && typeof cause["status"] === "number" ? cause["status"] : undefined;
}
