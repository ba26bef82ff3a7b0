import { isObject } from "../../system/json.ts";
import { type Call, rpcErrorOf } from "../calls/agent-call.ts";
import { askForRoots } from "../environment/environments.ts";
import type { EnvironmentGate } from "../environment/gate.ts";
import { INVALID_PARAMS, METHOD_NOT_FOUND, type Params } from "../protocol/message.ts";
import type { ToolList } from "../tools/tool-list.ts";
import type { Interceptor } from "./bridge.ts";

export interface PromptsOptions {
  tools: ToolList;
  gate: EnvironmentGate;
  cwd: () => string;
}

const METHODS = new Set(["prompts/list", "prompts/get", "completion/complete"]);

/** Answers for this program's prompts, and lists them beside Imgwire's. */
export function prompts(options: PromptsOptions): Interceptor {
  return {
    methods: METHODS,
    take(call) {
      answer(call, options).catch((error: unknown) => call.fail(error));
      return true;
    },
    // Signed out, or without a network, this program's prompts are there all the same.
    rescue(call) {
      const { method, params } = call.request;
      if (method !== "prompts/list" || params?.["cursor"] !== undefined) return false;
      call.adapt = undefined;
      ownPrompts(options.tools).then(
        (own) => call.result({ prompts: own }),
        (error: unknown) => call.error(rpcErrorOf(error))
      );
      return true;
    }
  };
}

async function answer(call: Call, options: PromptsOptions): Promise<void> {
  const { method, params = {} } = call.request;
  const own = await ownPrompts(options.tools);
  const name = nameIn(method, params);
  if (method === "prompts/list") return list(call, own, options);
  if (!own.some((prompt) => prompt["name"] === name)) return passOn(call, own, options);
  if (method === "prompts/get") return get(call, String(name), params["arguments"]);
  return complete(call, params["argument"], options.cwd());
}

async function list(call: Call, own: readonly Params[], { tools, gate }: PromptsOptions): Promise<void> {
  if (!(await tools.hasCapability("prompts"))) return call.result({ prompts: [...own] });
  // Imgwire's further pages are its own.
  if (call.request.params?.["cursor"] === undefined) call.adapt = (result) => withOwn(result, own);
  gate.send(call);
}

/** What is not about a prompt of this program. */
async function passOn(call: Call, own: readonly Params[], { tools, gate }: PromptsOptions): Promise<void> {
  const capability = call.request.method === "prompts/get" ? "prompts" : "completions";
  if (await tools.hasCapability(capability)) return gate.send(call);
  // Without prompts of its own this program hasn't announced the method either.
  if (own.length === 0) return call.error({ code: METHOD_NOT_FOUND, message: "Method not found" });
  const message =
    capability === "prompts" ? "There is no such prompt." : "There is nothing to complete this with.";
  call.error({ code: INVALID_PARAMS, message });
}

async function complete(call: Call, argument: unknown, cwd: string): Promise<void> {
  const { completeArgument } = await import("../local/prompts.ts");
  const { name, value } = (isObject(argument) ? argument : {}) as { name?: unknown; value?: unknown };
  // A modern agent is asked by cutting its request short, which only some methods allow.
  const roots = call.era === "legacy" ? await askForRoots(call) : [];
  const typed = typeof value === "string" ? value : "";
  call.result({ completion: await completeArgument(String(name), typed, [...new Set([cwd, ...roots])]) });
}

async function ownPrompts(tools: ToolList): Promise<Params[]> {
  const { promptsFor } = await import("../local/prompts.ts");
  return promptsFor(new Set((await tools.hostedTools()).keys()));
}

async function get(call: Call, name: string, args: unknown): Promise<void> {
  const { renderPrompt } = await import("../local/prompts.ts");
  call.result({ ...renderPrompt(name, isObject(args) ? args : {}) });
}

function nameIn(method: string, params: Params): unknown {
  if (method === "prompts/get") return params["name"];
  const ref = params["ref"];
  return isObject(ref) && ref["type"] === "ref/prompt" ? ref["name"] : undefined;
}

/** Imgwire's prompts after ours; where both have a name, it is this program's. */
function withOwn(result: Params, own: readonly Params[]): Params {
  const names = new Set(own.map(({ name }) => name));
  const theirs: unknown[] = Array.isArray(result["prompts"]) ? result["prompts"] : [];
  const others = theirs.filter((prompt) => !isObject(prompt) || !names.has(prompt["name"]));
  return { ...result, prompts: [...own, ...others] };
}
