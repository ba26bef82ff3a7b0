import { isObject } from "../../system/json.ts";
import { type Params } from "../protocol/message.ts";
import type { ClientInfo } from "./hosted-call.ts";

/** Whether a client can be shown a form (elicitation of 2025-06-18 and later; an empty capability means forms). */
export function takesForms({ capabilities }: ClientInfo): boolean {
  const elicitation = capabilities["elicitation"];
  if (!isObject(elicitation)) return false;
  return isObject(elicitation["form"]) || !isObject(elicitation["url"]);
}

/** Whether a client can be sent to a URL (elicitation of 2025-11-25 and later). */
export function takesUrls({ capabilities }: ClientInfo): boolean {
  const elicitation = capabilities["elicitation"];
  return isObject(elicitation) && isObject(elicitation["url"]);
}

/** Whether capabilities that were declared hold all of others, parts of theirs included. */
export function includesCapabilities(declared: Params, others: Params): boolean {
  if (declared === others) return true;
  return Object.entries(others).every(([name, value]) => {
    const known = declared[name];
    return isObject(value) ? isObject(known) && includesCapabilities(known, value) : !value || Boolean(known);
  });
}

/** All that is in either of two sets of capabilities. */
export function joinCapabilities(one: Params, other: Params): Params {
  const joined = { ...one };
  for (const [name, value] of Object.entries(other)) {
    const known = one[name];
    joined[name] = isObject(known) && isObject(value) ? joinCapabilities(known, value) : known || value;
  }
  return joined;
}
