import type { ElicitResult } from "@modelcontextprotocol/client";
import { isObject } from "../../system/json.ts";
import type { Call } from "../calls/agent-call.ts";
import { hostedTools } from "../calls/own-call.ts";
import type { Elicit, LocalCallContext, LocalTool } from "../local/local-tool.ts";
import { type Params } from "../protocol/message.ts";
import { isShadowed, type ToolList } from "../tools/tool-list.ts";
import { type EnvironmentGate, EXEMPT } from "../environment/gate.ts";
import { type ClientInfo, takesForms } from "../protocol/capabilities.ts";
import type { Interceptor } from "./bridge.ts";
import { askForRoots } from "../environment/environments.ts";

export interface LocalToolsOptions {
  load: (forApps: boolean) => Promise<readonly LocalTool[]>;
  /** Whether a client is shown the pages of this program, and may call the tools that are there for them. */
  showsPages: (client: ClientInfo) => boolean;
  tools: ToolList;
  gate: EnvironmentGate;
  /** Starts a call over, from the first interceptor on. */
  restart: (call: Call) => void;
}

/** Agents seen to fetch an image that a result links to. */
const FETCHES_LINKS = new Set(["claude-code"]);

/** Runs the calls of tools that this program has itself. */
export function localTools({ load, showsPages, tools: list, gate, restart }: LocalToolsOptions): Interceptor {
  const loaded = new Map<boolean, ReadonlyMap<string, LocalTool>>();
  const prepare = async (call: Call, forApps: boolean): Promise<void> => {
    loaded.set(forApps, new Map((await load(forApps)).map((tool) => [tool.name, tool])));
    restart(call);
  };
  const run = async (call: Call, tool: LocalTool, args: Params): Promise<void> => {
    const hosted = await list.hostedTools();
    // Without the hosted tools it stands on, the name belongs to the hosted server, should it know it.
    if (isShadowed(tool, hosted) || tool.describe(hosted) === undefined) return gate.send(call);
    if (!EXEMPT.has(tool.name)) await gate.ready(call);
    const result = await tool.call(args, contextOf(call, gate, list));
    call.result(result);
  };
  return {
    methods: new Set(["tools/call"]),
    take(call) {
      const { params } = call.request;
      const forApps = showsPages(call.client);
      const tools = loaded.get(forApps);
      if (tools === undefined) {
        prepare(call, forApps).catch((error: unknown) => call.fail(error));
        return true;
      }
      const tool = tools.get(String(params?.["name"]));
      const args = isObject(params?.["arguments"]) ? params["arguments"] : {};
      if (!tool?.handles(args)) {
        call.adapt = tool?.adapt;
        return false;
      }
      run(call, tool, args).catch((error: unknown) => call.fail(error));
      return true;
    }
  };
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
