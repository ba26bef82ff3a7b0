import { expect, it } from "vitest";
import { envelope } from "./envelope.ts";
import { openProgram, startHosted, startProgram, textOf, until } from "./program.ts";

const lines: [string, string | Buffer, number][] = [
  ["text that isn't JSON", "{not json", -32700],
  ["text that isn't UTF-8", Buffer.from([0x22, 0xff, 0xfe, 0x22]), -32700],
  ["a batch", '[{"jsonrpc":"2.0","id":1,"method":"ping"}]', -32600],
  ["an empty batch", "[]", -32600],
  ["JSON that isn't JSON-RPC", '{"id":7,"method":"ping"}', -32600],
  ["a null id", '{"jsonrpc":"2.0","id":null,"method":"ping"}', -32600],
  ["64 MiB on one line", Buffer.alloc(64 * 1024 * 1024, "x"), -32700]
];
it.each(lines)(
  "answers an agent that writes %s with an error, and its next call works [mcp.agent-lines]",
  async (_name, line, code) => {
    const driver = await openProgram(await startHosted("legacy"));
    const refused = driver.next((message) => message.error?.code === code);
    driver.raw(line);
    await refused;
    expect(textOf(await driver.call("echo", { text: "alive" }))).toBe("alive");
  }
);

const NESTED = "[".repeat(100_000) + "]".repeat(100_000);
/** A call with a deeply nested argument, as text. */
const nestedCall = (_meta: object): string => {
  const params = { name: "echo", arguments: { text: "NESTED" }, _meta };
  const call = { jsonrpc: "2.0", id: "deep", method: "tools/call", params };
  return JSON.stringify(call).replace('"NESTED"', NESTED);
};

it("fails a call nested too deeply to be translated to the other era, and the next one works [mcp.agent-lines]", async () => {
  const driver = startProgram(await startHosted("legacy"));
  const failed = driver.next(({ id }) => id === "deep");
  driver.raw(nestedCall(envelope({})));
  expect((await failed).result).toMatchObject({ isError: true });
  await driver.initialize();
  expect(textOf(await driver.call("echo", { text: "alive" }))).toBe("alive");
});

it("refuses a batch nested too deeply to be serialised again, and the next call works [mcp.agent-lines]", async () => {
  const driver = startProgram(await startHosted("legacy"));
  await driver.initialize({}, "2025-03-26");
  const refused = driver.next(({ error }) => error?.code === -32700);
  driver.raw(`[${nestedCall({})}]`);
  await refused;
  expect(textOf(await driver.call("echo", { text: "alive" }))).toBe("alive");
});

it("fails a call whose input response is nested too deeply, and the next one works [mcp.agent-lines]", async () => {
  const driver = startProgram(await startHosted("legacy"));
  await driver.initialize({ elicitation: {} });
  const asked = driver.next(({ method }) => method === "elicitation/create");
  const answer = driver.call("ask");
  const id = JSON.stringify((await asked).id);
  driver.raw(`{"jsonrpc":"2.0","id":${id},"result":{"action":"accept","content":${NESTED}}}`);
  expect((await answer).result).toMatchObject({ isError: true });
  expect(textOf(await driver.call("echo", { text: "alive" }))).toBe("alive");
});

it("refuses a request with the id of a pending call without ending that call [mcp.one-answer]", async () => {
  const hosted = await startHosted("legacy");
  const driver = await openProgram(hosted);
  driver.send({ id: 5, method: "tools/call", params: { name: "wait", arguments: {} } });
  await until(() => hosted.seen.some(({ body }) => body?.id === 5));
  const refused = driver.next((message) => message.error?.code === -32600);
  driver.send({ id: 5, method: "ping" });
  await refused;
  driver.send({ method: "notifications/cancelled", params: { requestId: 5 } });
  await until(() => hosted.cancelled.length === 1);
  expect(driver.messages.filter(({ id }) => id === 5)).toEqual([]);
});

it("ignores an agent's responses and cancellations that belong to no request [mcp.agent-lines]", async () => {
  const driver = await openProgram(await startHosted("legacy"));
  driver.send({ id: "imgwire-mcp:1", result: {} });
  driver.send({ id: 999, error: { code: 1, message: "x" } });
  driver.send({ method: "notifications/cancelled", params: { requestId: 999 } });
  driver.send({ method: "notifications/cancelled" });
  expect(textOf(await driver.call("echo", { text: "alive" }))).toBe("alive");
});

it("answers an agent's batch in revision 2025-03-26, which allows batches", async () => {
  const driver = startProgram(await startHosted("legacy"));
  await driver.initialize({}, "2025-03-26");
  const answers = Promise.all([1, 2].map((id) => driver.next((message) => message.id === `b${id}`)));
  driver.raw(JSON.stringify([1, 2].map((id) => ({ jsonrpc: "2.0", id: `b${id}`, method: "ping" }))));
  expect((await answers).map(({ result }) => result)).toEqual([{}, {}]);
});

it("writes nothing but JSON-RPC on stdout, even with NODE_DEBUG set [mcp.stdout-json-rpc]", async () => {
  const env = { NODE_DEBUG: "*", IMGWIRE_LOG_LEVEL: "debug" };
  const driver = await openProgram(await startHosted("legacy"), { env });
  for (const line of driver.lines) expect(JSON.parse(line)).toMatchObject({ jsonrpc: "2.0" });
  expect(driver.stderr).not.toBe("");
});

it("continues to work when its stderr is closed", async () => {
  const driver = await openProgram(await startHosted("legacy"));
  driver.child.stderr!.destroy();
  for (let at = 0; at < 3; at++) {
    const refused = driver.next((message) => message.error?.code === -32700);
    driver.raw("{not json");
    await refused;
  }
  expect(textOf(await driver.call("echo", { text: "alive" }))).toBe("alive");
});
