import { readFileSync } from "node:fs";
import type { ServerResponse } from "node:http";
import type { StdioDriver } from "../../sandbox/client/stdio-driver.ts";
import type { Counterpart, Seen } from "../../sandbox/counterpart/counterpart.ts";

/** Whether a request is a call of the tool with this name. */
export function isCall({ body }: Seen, name: string): boolean {
  return body?.method === "tools/call" && body.params?.["name"] === name;
}

/** Does something to the first request that matches, in place of the server. */
export function interceptOnce(
  hosted: Counterpart,
  matches: (seen: Seen) => boolean,
  act: (res: ServerResponse, seen: Seen) => void
): void {
  hosted.intercept = (_req, res, seen) => {
    if (!matches(seen)) return false;
    hosted.intercept = undefined;
    act(res, seen);
    return true;
  };
}

/** Megabytes of memory that the program takes at most while `act` runs, beyond what it had before. */
export async function memoryTaken(driver: StdioDriver, act: () => Promise<unknown>): Promise<number> {
  const before = memoryOf(driver);
  let most = before;
  const watching = setInterval(() => (most = Math.max(most, memoryOf(driver))), 10);
  await act().finally(() => clearInterval(watching));
  return most - before;
}

/** Resident memory of the program in megabytes. */
export function memoryOf(driver: StdioDriver): number {
  const status = readFileSync(`/proc/${driver.child.pid}/status`, "utf8");
  return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) / 1024;
}
