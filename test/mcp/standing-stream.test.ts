import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { createLog } from "../../src/log.ts";
import { StandingStream } from "../../src/mcp/hosted/http/standing-stream.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** Counts how often a stream is opened in ten minutes if `happen` happens while it is open. */
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

it("reopens a stream that ends immediately less and less often, but keeps trying", async () => {
  const count = await openings(() => undefined);
  expect(count).toBeGreaterThan(15);
  expect(count).toBeLessThan(30);
});

it("reopens a stream every second if something was received on it, or if its server requests that", async () => {
  expect(await openings((stream) => stream.received())).toBe(601);
  expect(await openings((stream) => void (stream.askedMs = 0))).toBe(601);
});

it("reopens a stream that was open for a while a second after it ends", async () => {
  const aMinute = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 59_000));
  expect(await openings(aMinute)).toBe(11);
});
