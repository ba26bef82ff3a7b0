import { PassThrough } from "node:stream";
import { expect, it } from "vitest";
import { Stdio } from "../../src/mcp/stdio.ts";

it("lets others work between the lines of an agent that says much at once", async () => {
  const input = new PassThrough({ highWaterMark: 2 ** 20 });
  const stdio = new Stdio(input, new PassThrough());
  const lines = `${"x".repeat(1_000)}\n`.repeat(64);
  for (let at = 0; at < 10; at++) input.write(lines);
  let read = 0;
  let meanwhile = 0;
  const all = new Promise<void>((resolve) => {
    stdio.start(() => {
      if (++read === 1) setImmediate(() => (meanwhile = read));
      if (read === 640) resolve();
    }, resolve);
  });
  await all;
  expect(meanwhile).toBeGreaterThan(0);
  expect(meanwhile).toBeLessThan(640);
});
