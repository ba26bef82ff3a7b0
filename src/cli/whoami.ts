import { askWhoami, type Whoami } from "../mcp/service/whoami.ts";
import type { Invocation } from "./command.ts";

/**
 * Asks Imgwire for the signed-in account and stores the Environments that it lists.
 * @throws as {@link askWhoami}; the error of opening a connection
 */
export async function fetchWhoami({ deps, signal }: Pick<Invocation, "deps" | "signal">): Promise<Whoami> {
  const whoami = await askWhoami(await deps.hosted(), signal);
  await deps.environments.known.learn(whoami.environments);
  return whoami;
}
