import { readFileSync } from "node:fs";
import { afterEach, beforeEach, expect, it } from "vitest";
import type { StdioDriver } from "../../sandbox/client/stdio-driver.ts";
import { type Counterpart, startCounterpart } from "../../sandbox/counterpart/counterpart.ts";
import { isCall, memoryTaken } from "./intercept.ts";
import { Programs, textOf } from "./program.ts";

let hosted: Counterpart;
let programs: Programs;

beforeEach(async () => {
  programs = new Programs();
  hosted = await startCounterpart("legacy");
});
afterEach(async () => {
  await programs.stop();
  await hosted.close();
});

const open = (): Promise<StdioDriver> => programs.open({ url: hosted.url });

/** What an agent asks 50,000 times without reading an answer. */
const asked: [string, (id: number) => object][] = [
  ["calls", (id) => callOf(id, "echo", { text: "x".repeat(200) })],
  ["pings", (id) => ({ id, method: "ping" })],
  ["lists of tools", (id) => ({ id, method: "tools/list" })],
  ["calls that fail at once", (id) => callOf(id, "upload_image", { path: `/nonexistent/${id}.png` })]
];

const callOf = (id: number, name: string, args: object): object => {
  return { id, method: "tools/call", params: { name, arguments: args } };
};

it.each(asked)(
  "reads 50,000 %s of an agent that reads nothing in bounded memory [mcp.agent-floods]",
  async (_what, message) => {
    const driver = await open();
    const taken = await memoryTaken(driver, async () => {
      driver.child.stdout!.pause();
      const lines = Array.from({ length: 50_000 }, (_, at) =>
        JSON.stringify({ jsonrpc: "2.0", ...message(1_000 + at) })
      );
      driver.child.stdin!.write(`${lines.join("\n")}\n`);
      await busyNoMore(driver);
      driver.child.stdout!.resume();
      await driver.next(({ id }) => id === 1_100);
    });
    expect(taken).toBeLessThan(150);
  },
  120_000
);

/** Resolves when the program waits for the agent, or has made many more calls than it makes at once. */
async function busyNoMore({ child }: StdioDriver): Promise<void> {
  const ticks = (): string => readFileSync(`/proc/${child.pid}/stat`, "utf8").split(" ").slice(13, 15).join();
  for (let last = "", same = 0; same < 3 && hosted.seen.length < 2_000 && child.stdin!.writableLength > 0;) {
    await new Promise((resolve) => setTimeout(resolve, 200));
    const now = ticks();
    same = now === last ? same + 1 : 0;
    last = now;
  }
}

it("answers each of 1,200 requests once, but for those that are cancelled while they wait [mcp.agent-floods]", async () => {
  const driver = await open();
  const ids = Array.from({ length: 1_200 }, (_, at) => 1_000 + at);
  const answers: unknown[] = [];
  const all = driver.next(({ id }) => answers.push(id) === ids.length - 1);
  for (const id of ids) driver.send(callOf(id, "echo", { text: String(id) }));
  driver.send({ method: "notifications/cancelled", params: { requestId: 2_199 } });
  await all;
  expect(textOf(await driver.call("echo", { text: "alive" }))).toBe("alive");
  expect(answers.slice(0, ids.length - 1).sort()).toEqual(ids.slice(0, -1));
});

const MIB = 1024 * 1024;
const filler = (bytes: number): string => "x".repeat(bytes);

/** What an agent writes that is large, how many at once, and of which size. */
const large: [string, (text: string) => string, number, number][] = [
  ["calls of 12 MiB", (text) => line({ ...callOf(1, "note", { text }), id: ++calls }), 16, 12 * MIB],
  [
    "calls of just below 4 MiB",
    (text) => line({ ...callOf(1, "note", { text }), id: ++calls }),
    60,
    3.9 * MIB
  ],
  [
    "calls of 12 MiB that fail at once",
    (text) => line({ ...callOf(1, "upload_image", { path: `/nonexistent/${text}` }), id: ++calls }),
    12,
    12 * MIB
  ],
  ["notifications of 12 MiB", (text) => line({ method: "notifications/x", params: { text } }), 16, 12 * MIB],
  ["lines of 12 MiB that are no JSON", (text) => text, 12, 12 * MIB],
  ["lines beyond the limit", (text) => text, 8, 24 * MIB]
];
let calls = 10_000;

function line(message: object): string {
  return JSON.stringify({ jsonrpc: "2.0", ...message });
}

it.each(large)(
  "reads %s in bounded memory, however many there are [mcp.agent-floods]",
  async (_what, write, count, bytes) => {
    const driver = await open();
    hosted.intercept = (_req, res, seen) => {
      // What the counterpart has heard is of no interest here, and large.
      hosted.seen.length = 0;
      if (!isCall(seen, "note")) return false;
      const result = { content: [{ type: "text", text: "noted" }] };
      res.writeHead(200, { "content-type": "application/json" });
      res.end(JSON.stringify({ jsonrpc: "2.0", id: seen.body!.id, result }));
      return true;
    };
    const text = filler(bytes);
    const taken = await memoryTaken(driver, async () => {
      for (let at = 0; at < count; at++) driver.raw(write(text));
      await driver.call("note", { text: "the last" });
    });
    expect(taken).toBeLessThan(150);
  },
  120_000
);
