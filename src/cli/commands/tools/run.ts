import type { Tool } from "@modelcontextprotocol/client";
import type { Invocation } from "../../command.ts";
import { type Output, plain } from "../../ui/output.ts";
import { table } from "../../ui/table.ts";
import { wrapped } from "../../ui/wrap.ts";
import { tokensOf } from "../../../mcp/tools/token-budget.ts";

export interface ToolsOptions {
  cost?: true;
}

/** Lists the tools, or their cost in tokens. */
export async function runTools({ deps, out }: Invocation, { cost }: ToolsOptions): Promise<void> {
  const list = await (await deps.toolClient()).list();
  if (!cost) {
    return out.answer({ tools: list }, () => list.map((tool) => describe(tool, out)).join("\n"));
  }
  const tools = list
    .map((tool) => ({ name: tool.name, tokens: tokensOf(tool) }))
    .sort((one, other) => other.tokens - one.tokens);
  const tokens = tools.reduce((sum, tool) => sum + tool.tokens, 0);
  out.answer({ tokens, tools }, () =>
    table(
      [...tools, { name: "all", tokens }].map((each) => [each.name, String(each.tokens)]),
      out
    )
  );
  out.note(
    "Tokens are estimated at 4 characters each. To hide tools: imgwire config set excludeTools <names>"
  );
}

function describe(tool: Tool, { color, columns }: Output): string {
  const args = Object.keys(tool.inputSchema.properties ?? {}).map(plain);
  const [firstLine = ""] = (tool.description ?? tool.title ?? "").split("\n");
  const lines = [plain(firstLine), ...(args.length > 0 ? [`arguments: ${args.join(", ")}`] : [])];
  return [color.bold(plain(tool.name)), ...lines.map((line) => `  ${wrapped(line, columns, 2)}`)].join("\n");
}
