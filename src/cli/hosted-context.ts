import type { HostedContext } from "../mcp/local/hosted-uploads.ts";
import type { Invocation } from "./command.ts";

/** The hosted tools with their live schemas, for a command that works with them as a local tool would. */
export async function hostedContext({ deps, signal }: Invocation): Promise<HostedContext> {
  const hosted = await deps.hosted();
  const tools = await hosted.list({ signal });
  return { hosted, hostedTools: new Map(tools.map((tool) => [tool.name, tool])), signal };
}
