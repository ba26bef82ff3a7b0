import type { ElicitResult } from "@modelcontextprotocol/client";
import { isObject } from "../../system/json.ts";
import { settleWithin } from "../../system/timeout.ts";
import type { Call } from "../calls/agent-call.ts";
import { hostedTools } from "../calls/hosted-tools.ts";
import { askForRoots } from "../environment/environments.ts";
import { type EnvironmentGate, EXEMPT } from "../environment/gate.ts";
import type { HostedClient } from "../hosted/client.ts";
import { withPages } from "../local/app-pages.ts";
import type { Elicit, LocalCallContext, LocalTool } from "../local/local-tool.ts";
import { type ClientInfo, takesForms } from "../protocol/capabilities.ts";
import { INVALID_PARAMS, type Params } from "../protocol/message.ts";
import type { ToolSelection } from "../tools/selection.ts";
import { freshFor } from "../tools/snapshot.ts";
import { describeLocal, type ToolList } from "../tools/tool-list.ts";
import type { Interceptor } from "./bridge.ts";

export interface ToolsOptions {
  list: ToolList;
  hosted: Pick<HostedClient, "connection">;
  gate: EnvironmentGate;
  selection: ToolSelection;
  /** Loads this program's own tools. @param forApps whether to include those that its pages call */
  load: (forApps: boolean) => Promise<readonly LocalTool[]>;
  /** Whether a client is shown this program's pages, and may call the tools that exist for them. */
  showsPages: (client: ClientInfo) => boolean;
}

/** How long to hold a ready list for a fresher one from Imgwire. */
const FRESH_LIST_TIMEOUT_MS = 3_000;
/** Agents known to fetch an image that a result links to. */
const FETCHES_LINKS = new Set(["claude-code"]);

/**
 * Answers `tools/list` with all tools on one page, runs calls of this program's own tools, and refuses calls
 * of tools that are turned off.
 */
export function tools(options: ToolsOptions): Interceptor {
  const { list, selection, load, showsPages } = options;
  const loaded = new Map<boolean, ReadonlyMap<string, LocalTool>>();
  const prepare = async (call: Call, forApps: boolean): Promise<boolean> => {
    const local = loaded.get(forApps) ?? new Map((await load(forApps)).map((tool) => [tool.name, tool]));
    loaded.set(forApps, local);
    if (!selection.isAll) await list.requireSelected(String(call.request.params?.["name"]));
    return run(call, local, options);
  };
  return {
    methods: new Set(["tools/list", "tools/call"]),
    take(call) {
      const forApps = showsPages(call.client);
      if (call.request.method === "tools/list") return answerList(call, forApps, options);
      const local = loaded.get(forApps);
      return local && selection.isAll ? run(call, local, options) : prepare(call, forApps);
    }
  };
}

async function answerList(call: Call, forApps: boolean, { list, hosted }: ToolsOptions): Promise<true> {
  if (call.request.params?.["cursor"] !== undefined) {
    call.error({ code: INVALID_PARAMS, message: "Invalid cursor: the tool list has one page." });
    return true;
  }
  if (hosted.connection && !(await list.isShowable()))
    await settleWithin(FRESH_LIST_TIMEOUT_MS, list.fetch());
  const { tools: shown, snapshot } = await list.show(forApps);
  const hints = { ttlMs: freshFor(snapshot), cacheScope: snapshot.cacheScope };
  call.result({ tools: forApps ? withPages(shown) : shown, ...(call.era === "modern" && hints) });
  return true;
}

/** Runs the local tool that a call is for, if there is one. */
function run(
  call: Call,
  local: ReadonlyMap<string, LocalTool>,
  options: ToolsOptions
): boolean | Promise<boolean> {
  const { params } = call.request;
  const tool = local.get(String(params?.["name"]));
  const args = isObject(params?.["arguments"]) ? params["arguments"] : {};
  if (tool?.handles(args)) return runTool(call, tool, args, options);
  call.adapt = tool?.adapt;
  return false;
}

async function runTool(
  call: Call,
  tool: LocalTool,
  args: Params,
  { list, gate }: ToolsOptions
): Promise<boolean> {
  const hosted = await list.hostedTools();
  if (!describeLocal(tool, hosted)) return false;
  if (!EXEMPT.has(tool.name)) await gate.ready(call);
  call.result(await tool.call(args, contextOf(call, gate, list)));
  return true;
}

function contextOf(call: Call, gate: EnvironmentGate, list: ToolList): LocalCallContext {
  const controller = new AbortController();
  call.onCancel(() => controller.abort());
  let roots: Promise<readonly string[]> | undefined;
  return {
    hosted: hostedTools({
      send: (own) => gate.send(own),
      client: call.client,
      ask: (questions, signal) => call.ask(questions, signal)
    }),
    hostedTools: () => list.liveHostedTools(),
    signal: controller.signal,
    progress: (progress) => call.progress(progress),
    roots: () => (roots ??= askForRoots(call)),
    takesLinks: !FETCHES_LINKS.has(String(call.client.clientInfo?.["name"])),
    elicit: takesForms(call.client) ? elicitor(call) : undefined
  };
}

function elicitor(call: Call): Elicit {
  return async (params, signal) => {
    const question = { method: "elicitation/create", params: params as unknown as Params };
    const { elicitation } = await call.ask({ elicitation: question }, signal);
    if (!elicitation || "error" in elicitation) return { action: "cancel" };
    return elicitation.result as unknown as ElicitResult;
  };
}
