import { gzipSync } from "node:zlib";
import { expect, it } from "vitest";
import { envelope } from "./envelope.ts";
import { eventOf, isCall, textResult } from "./intercept.ts";
import { openProgram, startHosted, startProgram, textOf, until } from "./program.ts";

it("asks the server for uncompressed responses", async () => {
  const hosted = await startHosted("legacy");
  const driver = await openProgram(hosted);
  hosted.intercept = (req, res, seen) => {
    if (!isCall(seen, "note")) return false;
    const plain = req.headers["accept-encoding"] === "identity";
    const body = JSON.stringify({ jsonrpc: "2.0", id: seen.body?.id, result: textResult("noted") });
    res.writeHead(200, {
      "content-type": "application/json",
      ...(!plain && { "content-encoding": "gzip" })
    });
    res.end(plain ? body : gzipSync(body));
    return true;
  };
  expect(textOf(await driver.call("note", { text: "x" }))).toBe("noted");
});

it("hides responses with unknown ids from the agent, whose call fails after the idle timeout [mcp.one-answer] [mcp.idle-deadline]", async () => {
  const hosted = await startHosted("legacy");
  const driver = await openProgram(hosted, { bounds: { idleCallMs: 500 } });
  hosted.intercept = (_req, res, seen) => {
    if (!isCall(seen, "note")) return false;
    res.writeHead(200, { "content-type": "text/event-stream" });
    for (const id of [0, "x", null, 4711]) res.write(eventOf({ id, result: {} }));
    return true;
  };
  expect(textOf(await driver.call("note", { text: "x" }))).toMatch(/didn't respond/);
  expect(driver.messages.some(({ id }) => id === 4711 || id === "x")).toBe(false);
});

it.each([
  ["plain text", "text/plain", "hello"],
  ["half a message", "application/json", '{"jsonrpc":"2.0","id":'],
  ["a result that isn't an object", "application/json", '{"jsonrpc":"2.0","id":1,"result":7}'],
  ["nothing", "application/json", ""]
])("fails a call that the server answers with %s [mcp.one-answer]", async (_name, type, body) => {
  const hosted = await startHosted("legacy");
  const driver = await openProgram(hosted);
  hosted.intercept = (_req, res, seen) =>
    isCall(seen, "note") && Boolean(res.writeHead(200, { "content-type": type }).end(body));
  expect((await driver.call("note", { text: "x" })).result).toMatchObject({ isError: true });
});

it("passes a server's JSON on in one line, however many lines it came in [mcp.stdout-json-rpc]", async () => {
  const hosted = await startHosted("legacy");
  const driver = await openProgram(hosted);
  hosted.intercept = (_req, res, seen) => {
    if (!isCall(seen, "note")) return false;
    const result = textResult("two\nlines");
    res.writeHead(200, { "content-type": "application/json" });
    res.end(JSON.stringify({ jsonrpc: "2.0", id: seen.body!.id, result }, undefined, 2));
    return true;
  };
  expect(textOf(await driver.call("note", { text: "x" }))).toBe("two\nlines");
});

it("reconnects at most once a second to a stream that says `retry: 0` [mcp.reconnect-paced]", async () => {
  const hosted = await startHosted("legacy");
  const opened: number[] = [];
  hosted.intercept = (req, res) => {
    if (req.method !== "GET") return false;
    opened.push(performance.now());
    res.writeHead(200, { "content-type": "text/event-stream" }).end("id: 1\nretry: 0\ndata: \n\n");
    return true;
  };
  await openProgram(hosted);
  await until(() => opened.length === 4);
  const pauses = opened.slice(1).map((at, index) => at - opened[index]!);
  expect(Math.min(...pauses)).toBeGreaterThan(990);
});

it("makes other calls in place of cancelled ones that the server never answers", async () => {
  const hosted = await startHosted("legacy");
  const driver = await openProgram(hosted);
  hosted.intercept = (_req, _res, seen) => isCall(seen, "note");
  const ids = Array.from({ length: 40 }, (_, at) => `hangs ${at}`);
  for (const id of ids) void driver.request("tools/call", { name: "note", arguments: { text: id } }, id);
  await until(() => hosted.seen.filter((seen) => isCall(seen, "note")).length === 32);
  for (const requestId of ids) driver.send({ method: "notifications/cancelled", params: { requestId } });
  expect(textOf(await driver.call("echo", { text: "alive" }))).toBe("alive");
  expect(driver.messages.some(({ id }) => ids.includes(String(id)))).toBe(false);
});

it("distinguishes a server request from a response with the same id [mcp.one-answer]", async () => {
  const hosted = await startHosted("legacy");
  const driver = await openProgram(hosted);
  driver.onRequest = () => ({ action: "accept", content: { name: "Robin" } });
  const answered: unknown[] = [];
  hosted.intercept = (_req, res, seen) => {
    if (seen.body?.method === undefined && seen.body?.id !== undefined) answered.push(seen.body);
    if (!isCall(seen, "note")) return false;
    const id = seen.body!.id;
    res.writeHead(200, { "content-type": "text/event-stream" });
    res.write(eventOf({ id, method: "elicitation/create", params: {} }));
    void until(() => answered.length === 1).then(() => res.end(eventOf({ id, result: textResult("both") })));
    return true;
  };
  expect(textOf(await driver.call("note", { text: "x" }))).toBe("both");
  expect(answered).toMatchObject([{ result: { action: "accept" } }]);
});

it("answers a modern agent once if a legacy server asks a question after its answer [mcp.one-answer]", async () => {
  const hosted = await startHosted("legacy");
  const driver = startProgram(hosted);
  hosted.intercept = (_req, res, seen) => {
    if (!isCall(seen, "note")) return false;
    res.writeHead(200, { "content-type": "text/event-stream" });
    res.write(eventOf({ id: seen.body!.id, result: textResult("once") }));
    res.end(eventOf({ id: "late", method: "elicitation/create", params: {} }));
    return true;
  };
  const meta = envelope({ elicitation: {} });
  expect(textOf(await driver.call("note", { text: "x" }, meta))).toBe("once");
  expect(textOf(await driver.call("echo", { text: "alive" }, meta))).toBe("alive");
  expect(driver.messages.filter(({ id }) => id === 1)).toHaveLength(1);
});
