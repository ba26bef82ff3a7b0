import { expect, it } from "vitest";
import { isCall, respond, textResult } from "./intercept.ts";
import { idle, memoryTaken } from "./memory.ts";
import { openProgram, startHosted, textOf } from "./program.ts";

const callOf = (id: number, name: string, args: object): object => {
  return { id, method: "tools/call", params: { name, arguments: args } };
};

/** What an agent sends 50,000 times without reading an answer. */
const requests: [string, (id: number) => object][] = [
  ["calls", (id) => callOf(id, "echo", { text: "x".repeat(200) })],
  ["pings", (id) => ({ id, method: "ping" })],
  ["requests for the tool list", (id) => ({ id, method: "tools/list" })],
  ["calls that fail immediately", (id) => callOf(id, "upload_image", { path: `/nonexistent/${id}.png` })]
];

it.each(requests)(
  "reads 50,000 %s in bounded memory if the agent reads no answers [mcp.agent-floods]",
  async (_what, message) => {
    const hosted = await startHosted("legacy");
    const driver = await openProgram(hosted);
    const taken = await memoryTaken(driver, async () => {
      driver.child.stdout!.pause();
      const lines = Array.from({ length: 50_000 }, (_, at) =>
        JSON.stringify({ jsonrpc: "2.0", ...message(1_000 + at) })
      );
      driver.child.stdin!.write(`${lines.join("\n")}\n`);
      // By then it waits for the agent, or has made many more calls than it makes at the same time.
      const isEnough = (): boolean => hosted.seen.length >= 2_000 || driver.child.stdin!.writableLength === 0;
      await idle(driver, isEnough);
      driver.child.stdout!.resume();
      await driver.next(({ id }) => id === 1_100);
    });
    expect(taken).toBeLessThan(150);
  },
  120_000
);

it("answers each of 1,200 requests once, except for one that is cancelled while it waits [mcp.agent-floods]", async () => {
  const driver = await openProgram(await startHosted("legacy"));
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
let calls = 10_000;

function line(message: object): string {
  return JSON.stringify({ jsonrpc: "2.0", ...message });
}

/** Large lines from an agent: how to write one, how many, and how many bytes each. */
const large: [string, (text: string) => string, number, number][] = [
  ["calls of 12 MiB", (text) => line(callOf(++calls, "note", { text })), 16, 12 * MIB],
  ["calls of just below 4 MiB", (text) => line(callOf(++calls, "note", { text })), 60, 3.9 * MIB],
  [
    "calls of 12 MiB that fail immediately",
    (text) => line(callOf(++calls, "upload_image", { path: `/nonexistent/${text}` })),
    12,
    12 * MIB
  ],
  ["notifications of 12 MiB", (text) => line({ method: "notifications/x", params: { text } }), 16, 12 * MIB],
  ["lines of 12 MiB that aren't JSON", (text) => text, 12, 12 * MIB],
  ["lines beyond the size limit", (text) => text, 8, 24 * MIB]
];

it.each(large)(
  "reads %s in bounded memory, however many there are [mcp.agent-floods]",
  async (_what, write, count, bytes) => {
    const hosted = await startHosted("legacy");
    const driver = await openProgram(hosted);
    hosted.intercept = (_req, res, seen) => {
      // The recorded requests are large and not needed here.
      hosted.seen.length = 0;
      return isCall(seen, "note") && respond(res, seen, { result: textResult("noted") });
    };
    const text = "x".repeat(bytes);
    const taken = await memoryTaken(driver, async () => {
      for (let at = 0; at < count; at++) driver.raw(write(text));
      await driver.call("note", { text: "the last" });
    });
    expect(taken).toBeLessThan(150);
  },
  120_000
);
