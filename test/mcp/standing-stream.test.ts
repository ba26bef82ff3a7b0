import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { createLog } from "../../src/log.ts";
import { StandingStream } from "../../src/mcp/hosted/http/standing-stream.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** Counts how often a stream is opened in ten minutes, by what happens while it is open. */
async function openings(happen: (stream: StandingStream) => Promise<void> | void): Promise<number> {
  let count = 0;
  const read = async (): Promise<boolean> => {
    count++;
    await happen(stream);
    return true;
  };
  const stream: StandingStream = new StandingStream(
    read,
    { onAccepted: () => () => undefined },
    createLog("silent", () => undefined)
  );
  stream.open();
  await vi.advanceTimersByTimeAsync(600_000);
  stream.close();
  return count;
}

it("asks ever less often for a stream that ends at once, but still asks", async () => {
  const count = await openings(() => undefined);
  expect(count).toBeGreaterThan(15);
  expect(count).toBeLessThan(30);
});

it("asks every second for a stream on which something came, or whose server wants it so", async () => {
  expect(await openings((stream) => stream.heard())).toBe(601);
  expect(await openings((stream) => void (stream.askedMs = 0))).toBe(601);
});

it("opens a stream again a second after it has ended that was kept for a while", async () => {
  const aMinute = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 59_000));
  expect(await openings(aMinute)).toBe(11);
});
