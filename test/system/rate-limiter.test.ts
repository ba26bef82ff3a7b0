import { expect, it, vi } from "vitest";
import { RateLimiter } from "../../src/system/rate-limiter.ts";

/** Vitest's fake timers replace `setTimeout`, but not the one of node:timers/promises. */
const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** A server that allows a number of requests in each second and refuses the rest with Retry-After: 1. */
function limited(perSecond: number) {
  let window = 0;
  let used = 0;
  return (): boolean => {
    const second = Math.floor(Date.now() / 1_000);
    if (second !== window) [window, used] = [second, 0];
    used += 1;
    return used <= perSecond;
  };
}

it("slows all workers down together, so that few requests are refused [transfer.paced]", async () => {
  vi.useFakeTimers();
  try {
    const pace = new RateLimiter(wait);
    const allows = limited(10);
    let [accepted, refused] = [0, 0];
    const work = async (): Promise<void> => {
      while (accepted < 200) {
        await pace.turn();
        if (allows()) {
          accepted += 1;
          pace.accepted();
        } else {
          refused += 1;
          pace.refused(1_000);
        }
      }
    };
    const all = Promise.all(Array.from({ length: 12 }, work));
    await vi.advanceTimersByTimeAsync(600_000);
    await all;
    expect(refused).toBeLessThan(accepted / 5);
  } finally {
    vi.useRealTimers();
  }
});

it("starts no request before Retry-After has passed [transfer.paced]", async () => {
  vi.useFakeTimers();
  try {
    const pace = new RateLimiter(wait);
    const started: number[] = [];
    pace.refused(60_000);
    const begin = Date.now();
    const all = Promise.all(
      Array.from({ length: 5 }, () => pace.turn().then(() => started.push(Date.now() - begin)))
    );
    await vi.advanceTimersByTimeAsync(120_000);
    await all;
    expect(started[0]).toBeGreaterThanOrEqual(60_000);
    expect(new Set(started).size).toBe(5);
  } finally {
    vi.useRealTimers();
  }
});
