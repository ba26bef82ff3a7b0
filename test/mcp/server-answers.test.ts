import { gzipSync } from "node:zlib";
import { afterEach, beforeEach, expect, it } from "vitest";
import type { StdioDriver } from "../../sandbox/client/stdio-driver.ts";
import { type Counterpart, startCounterpart } from "../../sandbox/counterpart/counterpart.ts";
import { isCall } from "./intercept.ts";
import { Programs, textOf, until } from "./program.ts";

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

async function open(start: object = {}): Promise<StdioDriver> {
  return programs.open({ url: hosted.url, ...start });
}

it("asks the server for uncompressed responses", async () => {
  const driver = await open();
  hosted.intercept = (req, res, seen) => {
    if (!isCall(seen, "note")) return false;
    const plain = req.headers["accept-encoding"] === "identity";
    const result = { content: [{ type: "text", text: "noted" }] };
    const body = JSON.stringify({ jsonrpc: "2.0", id: seen.body?.id, result });
    res.writeHead(200, {
      "content-type": "application/json",
      ...(!plain && { "content-encoding": "gzip" })
    });
    res.end(plain ? body : gzipSync(body));
    return true;
  };
  expect(textOf(await driver.call("note", { text: "x" }))).toBe("noted");
});

it("keeps responses with unknown ids from the agent, whose call ends at its deadline [mcp.one-answer] [mcp.idle-deadline]", async () => {
  const driver = await open({ bounds: { idleCallMs: 500 } });
  hosted.intercept = (_req, res, seen) => {
    if (!isCall(seen, "note")) return false;
    res.writeHead(200, { "content-type": "text/event-stream" });
    for (const id of [0, "x", null, 4711])
      res.write(`data: {"jsonrpc":"2.0","id":${JSON.stringify(id)},"result":{}}\n\n`);
    return true;
  };
  expect(textOf(await driver.call("note", { text: "x" }))).toMatch(/didn't respond/);
  expect(driver.messages.some(({ id }) => id === 4711 || id === "x")).toBe(false);
});

it.each([
  ["no JSON", "text/plain", "hello"],
  ["half a message", "application/json", '{"jsonrpc":"2.0","id":'],
  ["a result that is no object", "application/json", '{"jsonrpc":"2.0","id":1,"result":7}'],
  ["nothing", "application/json", ""]
])("fails a call that the server answers with %s [mcp.one-answer]", async (_name, type, body) => {
  const driver = await open();
  hosted.intercept = (_req, res, seen) =>
    isCall(seen, "note") && Boolean(res.writeHead(200, { "content-type": type }).end(body));
  expect((await driver.call("note", { text: "x" })).result).toMatchObject({ isError: true });
});

it("passes a server's JSON on in one line, however many it came in [mcp.stdout-json-rpc]", async () => {
  const driver = await open();
  hosted.intercept = (_req, res, seen) => {
    if (!isCall(seen, "note")) return false;
    const result = { content: [{ type: "text", text: "two\nlines" }] };
    res.writeHead(200, { "content-type": "application/json" });
    res.end(JSON.stringify({ jsonrpc: "2.0", id: seen.body!.id, result }, undefined, 2));
    return true;
  };
  expect(textOf(await driver.call("note", { text: "x" }))).toBe("two\nlines");
});

it("reconnects at most once a second to a stream that says `retry: 0` [mcp.reconnect-paced]", async () => {
  const asked: number[] = [];
  hosted.intercept = (req, res) => {
    if (req.method !== "GET") return false;
    asked.push(performance.now());
    res.writeHead(200, { "content-type": "text/event-stream" }).end("id: 1\nretry: 0\ndata: \n\n");
    return true;
  };
  await open();
  await until(() => asked.length === 4);
  const pauses = asked.slice(1).map((at, index) => at - asked[index]!);
  expect(Math.min(...pauses)).toBeGreaterThan(990);
});

it("cancels calls that the server never answers, and makes others in their place", async () => {
  const driver = await open();
  hosted.intercept = (_req, _res, seen) => isCall(seen, "note");
  const ids = Array.from({ length: 40 }, (_, at) => `hangs ${at}`);
  for (const id of ids) void driver.request("tools/call", { name: "note", arguments: { text: id } }, id);
  await until(() => hosted.seen.filter((seen) => isCall(seen, "note")).length === 32);
  for (const requestId of ids) driver.send({ method: "notifications/cancelled", params: { requestId } });
  expect(textOf(await driver.call("echo", { text: "alive" }))).toBe("alive");
  expect(driver.messages.some(({ id }) => ids.includes(String(id)))).toBe(false);
});

it("tells a server request from a response with the same id [mcp.one-answer]", async () => {
  const driver = await open();
  driver.onRequest = () => ({ action: "accept", content: { name: "Robin" } });
  const answered: unknown[] = [];
  hosted.intercept = (_req, res, seen) => {
    if (seen.body?.method === undefined && seen.body?.id !== undefined) answered.push(seen.body);
    if (!isCall(seen, "note")) return false;
    const id = seen.body!.id;
    res.writeHead(200, { "content-type": "text/event-stream" });
    res.write(
      `data: ${JSON.stringify({ jsonrpc: "2.0", id, method: "elicitation/create", params: {} })}\n\n`
    );
    void until(() => answered.length === 1).then(() =>
      res.end(
        `data: ${JSON.stringify({ jsonrpc: "2.0", id, result: { content: [{ type: "text", text: "both" }] } })}\n\n`
      )
    );
    return true;
  };
  expect(textOf(await driver.call("note", { text: "x" }))).toBe("both");
  expect(answered).toMatchObject([{ result: { action: "accept" } }]);
});

it("answers a modern agent once when a legacy server asks something after its answer [mcp.one-answer]", async () => {
  const driver = programs.start({ url: hosted.url });
  hosted.intercept = (_req, res, seen) => {
    if (!isCall(seen, "note")) return false;
    const answer = {
      jsonrpc: "2.0",
      id: seen.body!.id,
      result: { content: [{ type: "text", text: "once" }] }
    };
    const question = { jsonrpc: "2.0", id: "late", method: "elicitation/create", params: {} };
    res.writeHead(200, { "content-type": "text/event-stream" });
    res.end(`data: ${JSON.stringify(answer)}\n\ndata: ${JSON.stringify(question)}\n\n`);
    return true;
  };
  const meta = {
    "io.modelcontextprotocol/protocolVersion": "2026-07-28",
    "io.modelcontextprotocol/clientCapabilities": { elicitation: {} }
  };
  expect(textOf(await driver.call("note", { text: "x" }, meta))).toBe("once");
  expect(textOf(await driver.call("echo", { text: "alive" }, meta))).toBe("alive");
  expect(driver.messages.filter(({ id }) => id === 1)).toHaveLength(1);
});
