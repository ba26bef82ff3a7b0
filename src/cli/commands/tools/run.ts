import type { Tool } from "@modelcontextprotocol/client";
import type { Invocation } from "../../command.ts";
import { plain } from "../../ui/output.ts";

/** Lists the tools. */
export async function runTools({ deps, out }: Invocation): Promise<void> {
  const list = await (await deps.toolClient()).list();
  out.answer({ tools: list }, () => list.map((tool) => describe(tool, out.color.bold)).join("\n"));
}

function describe(tool: Tool, emphasize: (text: string) => string): string {
  const args = Object.keys(tool.inputSchema.properties ?? {}).map(plain);
  const [firstLine = ""] = (tool.description ?? tool.title ?? "").split("\n");
  const lines = [emphasize(plain(tool.name)), `  ${plain(firstLine)}`];
  return [...lines, ...(args.length > 0 ? [`  arguments: ${args.join(", ")}`] : [])].join("\n");
}
