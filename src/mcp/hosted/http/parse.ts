import { ImgwireError, UnreachableError } from "../../../errors.ts";
import type { HttpResponse } from "../../../system/exchange.ts";
import { MAY_HAVE_RUN } from "./retry.ts";
import { classify, type Classified } from "../../protocol/message.ts";

/** A message of the hosted server beside its own text, which goes on unchanged where nothing needs changing. */
export interface Incoming {
  classified: Classified;
  raw: string;
}

/** A batch of more than this is none that a server means to have read. */
const MAX_BATCH = 1_000;

/** Reads one message, or the batch that revision 2025-03-26 allows; nothing where the text is not JSON. */
export function parseMessages(text: string): Incoming[] {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return [];
  }
  if (Array.isArray(value)) {
    if (value.length > MAX_BATCH) return [];
    return value.map((each) => ({ classified: classify(each), raw: JSON.stringify(each) }));
  }
  // Written anew it would lose digits and the order of its keys; a line break in JSON is only space.
  return [{ classified: classify(value), raw: text.replace(/[\r\n]+/g, " ") }];
}

/** The error for an HTTP answer that holds no answer to the request; `cause` has its status. */
export function httpError(response: HttpResponse, text: string): ImgwireError {
  const status = response.statusCode;
  const cause = { status, body: text.slice(0, 1_000) };
  if (status >= 500) {
    return new UnreachableError(`The hosted Imgwire server failed (HTTP status ${status}).`, {
      hint: `Try again in a while. ${MAY_HAVE_RUN}`,
      cause
    });
  }
  if (status < 300) {
    return new ImgwireError(
      "no_answer",
      `The hosted server's answer (HTTP status ${status}) holds no result.`,
      {
        hint: "Check that IMGWIRE_MCP_URL is an MCP endpoint.",
        cause
      }
    );
  }
  return new ImgwireError("http_status", `The hosted server refused the request (HTTP status ${status}).`, {
    hint: "Check IMGWIRE_MCP_URL; `imgwire doctor` says more.",
    cause
  });
}
