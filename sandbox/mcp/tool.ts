import {
  isInputRequiredResult,
  type CallToolResult,
  type InputRequiredResult,
  type McpServer,
  type RegisteredTool,
  type ServerContext,
  type ToolAnnotations
} from "@modelcontextprotocol/server";
import type { z } from "zod";
import { DomainError } from "../account/domain-error.ts";
import type { Service } from "../service.ts";
import { count } from "../stats.ts";
import { chooseEnvironment, type Caller } from "./environment.ts";

/** What a hosted tool receives besides its arguments. */
export interface Call {
  service: Service;
  clientId: string;
  /** Reports progress if the caller asked for it. */
  progress: (done: number, total: number | undefined, message: string) => Promise<void>;
}

/** Annotations of tools that change nothing. */
export const readOnly: ToolAnnotations = {
  readOnlyHint: true,
  destructiveHint: false,
  idempotentHint: true,
  openWorldHint: false
};
/** Annotations of tools that create something and destroy nothing. */
export const additive: ToolAnnotations = {
  readOnlyHint: false,
  destructiveHint: false,
  idempotentHint: false,
  openWorldHint: false
};

interface Described<I extends z.ZodObject, O extends z.ZodObject> {
  name: string;
  title: string;
  description: string;
  annotations: ToolAnnotations;
  input: I;
  output: O;
}

/** A hosted tool, ready to be registered. */
export interface HostedTool {
  name: string;
  register(server: McpServer, service: Service): RegisteredTool;
}

/** Defines a tool that works on the whole account. */
export function accountTool<I extends z.ZodObject, O extends z.ZodObject>(
  described: Described<I, O>,
  run: (call: Call, args: z.output<I>) => z.input<O> | Promise<z.input<O>>
): HostedTool {
  return tool(described, (call, _caller, args) => run(call, args));
}

/**
 * Defines a tool that works in one Environment: from a header, linked to the connection, or picked by the
 * user.
 */
export function environmentTool<I extends z.ZodObject, O extends z.ZodObject>(
  described: Described<I, O>,
  run: (call: Call & { environmentId: string }, args: z.output<I>) => z.input<O> | Promise<z.input<O>>
): HostedTool {
  return tool(described, async (call, caller, args) => {
    const choice = await chooseEnvironment(call.service, caller);
    return isInputRequiredResult(choice) ? choice : run({ ...call, ...choice }, args);
  });
}

function tool<I extends z.ZodObject, O extends z.ZodObject>(
  { name, input, output, ...described }: Described<I, O>,
  run: (call: Call, caller: Caller, args: z.output<I>) => unknown
): HostedTool {
  return {
    name,
    register(server, service) {
      const config = { ...described, inputSchema: input as z.ZodObject, outputSchema: output as z.ZodObject };
      return server.registerTool(name, config, async (args, ctx) => {
        if (ctx.mcpReq.inputResponses === undefined) count(service.stats.mcp.tools, name);
        const clientId = ctx.http?.authInfo?.clientId ?? "";
        service.connections.touch(clientId);
        const call = { service, clientId, progress: progressOf(ctx) };
        return answer(() =>
          run(
            call,
            { ctx, clientId, capabilities: server.server.getClientCapabilities() },
            args as z.output<I>
          )
        );
      });
    }
  };
}

async function answer(work: () => unknown): Promise<CallToolResult | InputRequiredResult> {
  try {
    const output = await work();
    if (isInputRequiredResult(output)) return output;
    const text = JSON.stringify(output);
    return { content: [{ type: "text", text }], structuredContent: output as Record<string, unknown> };
  } catch (error) {
    if (!(error instanceof DomainError)) throw error;
    const text = JSON.stringify({ detail: error.message, error_type: error.errorType });
    return { content: [{ type: "text", text }], isError: true };
  }
}

function progressOf(ctx: ServerContext): Call["progress"] {
  const token = ctx.mcpReq._meta?.progressToken;
  if (token === undefined) return () => Promise.resolve();
  return (progress, total, message) =>
    ctx.mcpReq.notify({
      method: "notifications/progress",
      params: { progressToken: token, progress, ...(total !== undefined && { total }), message }
    });
}
