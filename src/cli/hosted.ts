import type { Invocation } from "./command.ts";
import { chooseIfMissing } from "./commands/env/choose.ts";
import { byName } from "../mcp/tools/tool-list.ts";
import type { HostedContext } from "../mcp/service/transfers.ts";
import { type Fields, fieldsOf } from "../mcp/service/schemas.ts";

/**
 * Returns the hosted tools with their current schemas, for commands that use them the way a local tool does.
 * On a terminal the user is first asked for an Environment if none is selected.
 */
export async function hostedContext(invocation: Invocation): Promise<HostedContext> {
  const { deps, signal } = invocation;
  const hosted = await deps.hosted();
  await chooseIfMissing(invocation);
  const tools = await hosted.list({ signal });
  const known = byName(tools);
  return { hosted, hostedTools: () => Promise.resolve(known), signal };
}

/**
 * Calls a hosted tool on behalf of a command. On a terminal the user is first asked for an Environment if
 * none is selected.
 * @param repeatable whether the call only reads
 * @throws ImgwireError with the tool's own message if it fails
 */
export async function callHosted(
  invocation: Invocation,
  tool: string,
  args: Record<string, unknown>,
  repeatable: boolean
): Promise<Fields> {
  const { deps, signal } = invocation;
  const hosted = await deps.hosted();
  await chooseIfMissing(invocation);
  return fieldsOf(tool, await hosted.call(tool, args, { signal, repeatable }));
}
