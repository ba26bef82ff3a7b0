import type { Tool } from "@modelcontextprotocol/client";
import type { Invocation } from "../../command.ts";
import { type Output, plain } from "../../ui/output.ts";
import { wrapped } from "../../ui/wrap.ts";

/** Lists the tools. */
export async function runTools({ deps, out }: Invocation): Promise<void> {
  const list = await (await deps.toolClient()).list();
  out.answer({ tools: list }, () => list.map((tool) => describe(tool, out)).join("\n"));
}

function describe(tool: Tool, { color, columns }: Output): string {
  const args = Object.keys(tool.inputSchema.properties ?? {}).map(plain);
  const [firstLine = ""] = (tool.description ?? tool.title ?? "").split("\n");
  const lines = [plain(firstLine), ...(args.length > 0 ? [`arguments: ${args.join(", ")}`] : [])];
  return [color.bold(plain(tool.name)), ...lines.map((line) => `  ${wrapped(line, columns, 2)}`)].join("\n");
}
