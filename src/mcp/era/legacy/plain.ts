import type { HostedCall } from "../../calls/hosted-call.ts";
import { metaOf, type Params, type Request } from "../../protocol/message.ts";
import { ENVELOPE_KEYS } from "../../protocol/revisions.ts";
import { nextId } from "../../calls/own-call.ts";

/** Parameters that only a modern request has, besides the envelope in `_meta`. */
const RETRY = new Set(["inputResponses", "requestState", "_meta"]);

/**
 * The request as a legacy server expects it: one written in the modern era loses its envelope and the fields of a
 * retry, which a session stands for, and gets an id of ours. One of the legacy era is returned as it is.
 */
export function plainRequest(call: HostedCall): Request {
  if (call.era === "legacy") return call.request;
  const params = Object.fromEntries(
    Object.entries(call.request.params ?? {}).filter(([key]) => !RETRY.has(key))
  );
  const meta = Object.fromEntries(
    Object.entries(metaOf(call.request)).filter(([key]) => !ENVELOPE_KEYS.includes(key))
  );
  const plain: Params = Object.keys(meta).length > 0 ? { ...params, _meta: meta } : params;
  // The agent's id is free again once it has been asked something; in the session the request is still open.
  return { ...call.request, id: nextId(), params: plain };
}
