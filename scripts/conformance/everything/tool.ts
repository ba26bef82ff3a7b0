import type { McpServer, ServerContext } from "@modelcontextprotocol/server";

/** A text as the whole answer of a tool. */
export const text = (value: string) => ({ content: [{ type: "text" as const, text: value }] });

/**
 * Adds tools without arguments; what they return may be any result of `tools/call`, `input_required` among
 * them.
 */
export function toolAdder(server: McpServer): (name: string, run: (ctx: ServerContext) => unknown) => void {
  return (name, run) =>
    void server.registerTool(name, { description: `For the scenario that calls ${name}` }, (ctx) =>
      Promise.resolve(run(ctx) as ReturnType<typeof text>)
    );
}
