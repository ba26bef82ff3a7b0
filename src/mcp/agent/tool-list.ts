import type { Interceptor } from "./bridge.ts";
import type { Call } from "../calls/agent-call.ts";
import type { HostedClient } from "../hosted/client.ts";
import type { Live } from "../tools/live.ts";
import { INVALID_PARAMS } from "../protocol/message.ts";
import { settleWithin } from "../../system/timeout.ts";
import { freshFor } from "../tools/snapshot.ts";
import type { Surface } from "../tools/tool-list.ts";

/** How long to hold a ready answer for fresher data from the server. */
const FRESH_LIST_TIMEOUT_MS = 3_000;

/** Answers `tools/list` with all tools on one page: the hosted ones as last known, and the local ones. */
export function toolList(surface: Surface, link: HostedClient, live: Live): Interceptor {
  const answer = async (call: Call): Promise<void> => {
    if (link.connection && !(await surface.fresh())) await settleWithin(FRESH_LIST_TIMEOUT_MS, live.take());
    const { tools, snapshot } = await surface.tools();
    const hints = { ttlMs: freshFor(snapshot), cacheScope: snapshot.cacheScope };
    call.result({ tools, ...(call.era === "modern" && hints) });
  };
  return {
    take(call) {
      if (call.request.method !== "tools/list") return false;
      if (call.request.params?.["cursor"] !== undefined) {
        call.error({ code: INVALID_PARAMS, message: "Invalid cursor: the tool list has one page." });
      } else {
        answer(call).catch((error: unknown) => call.fail(error));
      }
      return true;
    }
  };
}
