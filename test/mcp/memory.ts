import { readFileSync } from "node:fs";
import type { StdioDriver } from "../../sandbox/client/stdio-driver.ts";

/** How much memory the program uses at most while `act` runs, in megabytes beyond what it used before. */
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

/** Resolves when the program has used no CPU time for 600 ms, or earlier if `isEnough` says so. */
export async function idle({ child }: StdioDriver, isEnough = (): boolean => false): Promise<void> {
  const ticks = (): string => readFileSync(`/proc/${child.pid}/stat`, "utf8").split(" ").slice(13, 15).join();
  for (let last = "", same = 0; same < 3 && !isEnough();) {
    await new Promise((resolve) => setTimeout(resolve, 200));
    const now = ticks();
    same = now === last ? same + 1 : 0;
    last = now;
  }
}
