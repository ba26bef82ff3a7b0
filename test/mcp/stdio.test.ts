import { PassThrough, Writable } from "node:stream";
import { expect, it } from "vitest";
import { Stdio } from "../../src/mcp/agent/stdio.ts";

it("yields to other work between the lines of an agent that writes a lot", async () => {
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

it("writes a single message immediately, and batches messages that others follow", async () => {
  const writes: string[][] = [];
  const stdio = new Stdio(new PassThrough(), collecting(writes));
  stdio.write("first");
  expect(writes).toEqual([["first\n"]]);
  for (const line of ["second", "third"]) stdio.write(line, true);
  expect(writes).toHaveLength(1);
  stdio.write("last");
  await expect.poll(() => writes).toEqual([["first\n"], ["second\n", "third\n", "last\n"]]);
});

it("holds batched messages only briefly, and writes them when it stops", async () => {
  const writes: string[][] = [];
  const stdio = new Stdio(new PassThrough(), collecting(writes));
  stdio.write("alone", true);
  await expect.poll(() => writes).toEqual([["alone\n"]]);
  stdio.write("at the end", true);
  stdio.stop();
  expect(writes.at(-1)).toEqual(["at the end\n"]);
});

/** A stream that records the messages of each write. */
function collecting(writes: string[][]): Writable {
  return new Writable({
    decodeStrings: false,
    write(chunk: string, _encoding, done) {
      writes.push([chunk]);
      done();
    },
    writev(chunks, done) {
      writes.push(chunks.map(({ chunk }) => String(chunk)));
      done();
    }
  });
}

it.each(["one", "one\n", "one\n\n"])(
  "accepts the last line of %j with or without a line break [mcp.last-line]",
  async (text) => {
    const input = new PassThrough();
    const stdio = new Stdio(input, new PassThrough());
    const lines: unknown[] = [];
    const ended = new Promise<void>((resolve) => stdio.start((line) => void lines.push(line), resolve));
    input.end(text);
    await ended;
    expect(lines).toEqual([{ text: "one" }]);
  }
);
