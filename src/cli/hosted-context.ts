import type { HostedContext } from "../mcp/service/uploads.ts";
import { byName } from "../mcp/tools/client.ts";
import type { Invocation } from "./command.ts";

/** The hosted tools with their live schemas, for a command that works with them as a local tool would. */
export async function hostedContext({ deps, signal }: Invocation): Promise<HostedContext> {
  const hosted = await deps.hosted();
  const tools = await hosted.list({ signal });
  const known = byName(tools);
  return { hosted, hostedTools: () => Promise.resolve(known), signal };
}
