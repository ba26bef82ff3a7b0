import type { Invocation } from "./command.ts";
import { chooseIfMissing } from "./commands/env/choose.ts";
import { byName } from "../mcp/tools/tool-list.ts";
import type { HostedContext } from "../mcp/service/transfers.ts";
import { type Fields, fieldsOf } from "../mcp/service/schemas.ts";

/**
 * The hosted tools with their live schemas, for a command that works with them as a local tool would. On a
 * terminal the person is asked first for an Environment where none is selected.
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
 * Calls a hosted tool for a command of its own. On a terminal the person is asked first for an Environment
 * where none is selected.
 * @param repeatable whether the call only reads
 * @throws ImgwireError with what the tool says when it fails
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
