import { parseMessages } from "../../hosted/http/parse.ts";
import { readText } from "../../hosted/http/sse.ts";
import type { HttpResponse } from "../../../system/exchange.ts";
import {
  type Classified,
  HEADER_MISMATCH,
  METHOD_NOT_FOUND,
  UNSUPPORTED_PROTOCOL_VERSION
} from "../../protocol/message.ts";

/** The head of an answer, and its text where it is a refusal. */
export interface Reply {
  response: HttpResponse;
  text?: string;
}

/** Reads an answer as far as it must be read to know whether the server has taken the request. */
export async function readRefusal(response: HttpResponse): Promise<Reply> {
  return response.statusCode < 400 ? { response } : { response, text: await readText(response) };
}

/**
 * 404 is what the specification says; servers that keep their sessions in a map often say 400 and why. One that speaks
 * both eras may say 404 of a method as well, and then says that in JSON-RPC (MCP 2026-07-28, Streamable HTTP).
 */
export function isSessionLost({ response, text = "" }: Reply): boolean {
  const { statusCode } = response;
  const says = statusCode === 404 || (statusCode === 400 && /\bsession\b/i.test(text));
  return says && !parseMessages(text).some(({ classified }) => isUnknownMethod(classified));
}

function isUnknownMethod(classified: Classified): boolean {
  return classified.kind === "response" && classified.message.error?.code === METHOD_NOT_FOUND;
}

/** Whether an error can only come from a server that has never heard of sessions. */
export function isModernError(classified: Classified): boolean {
  const code = classified.kind === "response" ? classified.message.error?.code : undefined;
  return code === UNSUPPORTED_PROTOCOL_VERSION || code === HEADER_MISMATCH;
}

/** The session that the answer to `initialize` assigns (transports, session management). */
export function sessionId(response: HttpResponse): string | undefined {
  const field = response.headers["mcp-session-id"];
  return Array.isArray(field) ? field[0] : field;
}
