import { settleWithin } from "../../system/timeout.ts";
import type { Call } from "../calls/agent-call.ts";
import type { HostedClient } from "../hosted/client.ts";
import { withPages } from "../local/app-pages.ts";
import type { ClientInfo } from "../protocol/capabilities.ts";
import { INVALID_PARAMS } from "../protocol/message.ts";
import type { ToolSelection } from "../tools/selection.ts";
import { freshFor } from "../tools/snapshot.ts";
import type { ToolList } from "../tools/tool-list.ts";
import type { Interceptor } from "./bridge.ts";

export interface ToolListOptions {
  tools: ToolList;
  hosted: Pick<HostedClient, "connection">;
  selection: ToolSelection;
  /** Whether a client is shown the pages of this program. */
  showsPages: (client: ClientInfo) => boolean;
  /** Starts a call over, from the first interceptor on. */
  restart: (call: Call) => void;
}

/** How long to hold a ready list for a fresher one from Imgwire. */
const FRESH_LIST_TIMEOUT_MS = 3_000;

/** Answers `tools/list` with all tools on one page, and refuses the calls of tools that are turned off. */
export function toolList({ tools, hosted, selection, showsPages, restart }: ToolListOptions): Interceptor {
  const allowed = new WeakSet<Call>();
  const answer = async (call: Call): Promise<void> => {
    if (hosted.connection && !(await tools.isFresh()))
      await settleWithin(FRESH_LIST_TIMEOUT_MS, tools.fetch());
    const forApps = showsPages(call.client);
    const { tools: shown, snapshot } = await tools.show(forApps);
    const hints = { ttlMs: freshFor(snapshot), cacheScope: snapshot.cacheScope };
    call.result({ tools: forApps ? withPages(shown) : shown, ...(call.era === "modern" && hints) });
  };
  const list = (call: Call): Promise<void> | undefined => {
    if (call.request.params?.["cursor"] === undefined) return answer(call);
    call.error({ code: INVALID_PARAMS, message: "Invalid cursor: the tool list has one page." });
    return undefined;
  };
  const check = async (call: Call): Promise<void> => {
    await tools.requireSelected(String(call.request.params?.["name"]));
    allowed.add(call);
    restart(call);
  };
  return {
    methods: new Set(selection.isAll ? ["tools/list"] : ["tools/list", "tools/call"]),
    take(call) {
      if (allowed.has(call)) return false;
      const answered = call.request.method === "tools/list" ? list(call) : check(call);
      answered?.catch((error: unknown) => call.fail(error));
      return true;
    }
  };
}
