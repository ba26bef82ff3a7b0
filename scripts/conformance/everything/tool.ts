import type { McpServer, ServerContext } from "@modelcontextprotocol/server";

/** A tool result with a single text. */
export const text = (value: string) => ({ content: [{ type: "text" as const, text: value }] });

/** Adds tools without arguments. They may return any result of `tools/call`, including `input_required`. */
export function toolAdder(server: McpServer): (name: string, run: (ctx: ServerContext) => unknown) => void {
  return (name, run) =>
    void server.registerTool(name, { description: `For the scenario that calls ${name}` }, (ctx) =>
      Promise.resolve(run(ctx) as ReturnType<typeof text>)
    );
}
