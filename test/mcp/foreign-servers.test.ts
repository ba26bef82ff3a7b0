import type { IncomingMessage, ServerResponse } from "node:http";
import { brotliCompressSync, deflateSync, gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import type { Counterpart } from "../../sandbox/counterpart/counterpart.ts";
import { eventOf, isCall, respond, textResult } from "./intercept.ts";
import { openProgram, startHosted, startProgram, textOf, until } from "./program.ts";

const noted = (id: unknown): object => ({ id, result: textResult("noted") });
const notedJson = (id: unknown): string => JSON.stringify({ jsonrpc: "2.0", ...noted(id) });

function json(res: ServerResponse, status: number, body: string | Buffer, headers = {}): true {
  res.writeHead(status, { "content-type": "application/json", ...headers }).end(body);
  return true;
}

const PURPOSE = "Bad Request: purpose is not allowed";
const withoutId = JSON.stringify({ jsonrpc: "2.0", error: { code: -32000, message: PURPOSE }, id: null });
const reasons: [string, number, string, RegExp][] = [
  ["an error without an id and status 400", 400, withoutId, /purpose is not allowed/],
  ["an error without an id and status 200", 200, withoutId, /purpose is not allowed/],
  ["an error without an id and status 500", 500, withoutId, /purpose is not allowed/],
  ["a detail", 422, '{"detail":"no such purpose"}', /422.*no such purpose/],
  ["a list of details", 422, '{"detail":[{"loc":["body"],"msg":"field required"}]}', /field required/],
  ["an OAuth error", 400, '{"error":"invalid","error_description":"not you"}', /not you/],
  ["a problem document", 409, '{"title":"Conflict","status":409}', /Conflict/],
  ["plain text", 400, "missing\u001b[31m header", /missing.*header/]
];
const LONG_IDS = ["9007199254740993", "9007199254740992", "-900719925474099300000000001"];

describe.each(["legacy", "modern"] as const)("a server of the %s era", (era) => {
  it.each(reasons)(
    "passes on the server's reason for refusing a call with %s [mcp.reason-passed]",
    async (_, ...[status, body, reason]) => {
      const hosted = await startHosted(era);
      const driver = await openProgram(hosted);
      hosted.intercept = (_req, res, seen) => isCall(seen, "note") && json(res, status, body);
      const answer = await driver.call("note", { text: "x" });
      const said = JSON.stringify(answer.result ?? answer.error);
      expect(said).toMatch(reason);
      expect(said).not.toContain("\\u001b");
    }
  );

  it.each([
    ["gzip", gzipSync],
    ["x-gzip", gzipSync],
    ["deflate", deflateSync],
    ["br", brotliCompressSync]
  ])(
    "decodes a response compressed with %s, although it didn't ask for that [mcp.content-coding]",
    async (coding, compress) => {
      const hosted = await startHosted(era);
      const driver = await openProgram(hosted);
      hosted.intercept = (_req, res, seen) =>
        isCall(seen, "note") &&
        json(res, 200, compress(notedJson(seen.body!.id)), { "content-encoding": coding });
      expect(textOf(await driver.call("note", { text: "x" }))).toBe("noted");
    }
  );

  it.each([
    ["an unknown coding", "zstd", notedJson(1)],
    ["a damaged body", "gzip", "no gzip"],
    ["more codings than are supported", "gzip, gzip, gzip", gzipSync(gzipSync(gzipSync("{}")))]
  ])("fails a call whose answer has %s [mcp.content-coding]", async (_, coding, body) => {
    const hosted = await startHosted(era);
    const driver = await openProgram(hosted);
    hosted.intercept = (_req, res, seen) =>
      isCall(seen, "note") && json(res, 200, body, { "content-encoding": coding });
    expect((await driver.call("note", { text: "x" })).result).toMatchObject({ isError: true });
    expect(textOf(await driver.call("echo", { text: "alive" }))).toBe("alive");
  });

  it("keeps ids with many digits distinct [mcp.exact-ids]", async () => {
    const driver = await openProgram(await startHosted(era));
    // Parsed, two of the ids would be the same number.
    const lineWith = (id: string): string | undefined =>
      driver.lines.find((line) => new RegExp(`"id":${id}[,}]`).test(line));
    for (const id of LONG_IDS) {
      const params = `{"name":"echo","arguments":{"text":"${id}","id":9007199254740993}}`;
      driver.raw(`{"jsonrpc":"2.0","id":${id},"method":"tools/call","params":${params}}`);
    }
    await until(() => driver.lines.filter((line) => line.includes('"text":')).length === LONG_IDS.length + 1);
    for (const id of LONG_IDS) expect(lineWith(id)).toContain(`"text":"${id}"`);
  });
});

it("answers server requests under their ids with many digits, and passes such ids to the agent unchanged [mcp.exact-ids]", async () => {
  const hosted = await startHosted("legacy");
  const driver = await openProgram(hosted);
  const ids = [...LONG_IDS, '"9007199254740993"'];
  hosted.intercept = (_req, res, seen) => {
    if (!isCall(seen, "note")) return false;
    res.writeHead(200, { "content-type": "text/event-stream" });
    const notification = `{"jsonrpc":"2.0","method":"notifications/x","params":{"requestId":9007199254740993}}`;
    const pings = ids.map((id) => `{"jsonrpc":"2.0","id":${id},"method":"ping"}`);
    for (const message of [notification, ...pings]) res.write(`data: ${message}\n\n`);
    const answered = () =>
      hosted.seen.filter(({ text }) => text.includes('"result":{}')).length === ids.length;
    void until(answered).then(() => res.end(eventOf(noted(seen.body!.id))));
    return true;
  };
  expect(textOf(await driver.call("note", { text: "x" }))).toBe("noted");
  for (const id of ids)
    expect(hosted.seen.filter(({ text }) => text.includes(`"id":${id},`))).toHaveLength(1);
  expect(driver.lines.find((line) => line.includes("notifications/x"))).toContain(
    '"requestId":9007199254740993}'
  );
});

describe("a server that refuses the modern era", () => {
  it.each([
    [200, withoutId],
    [400, withoutId],
    [422, '{"detail":"unknown method"}'],
    [404, "not found"]
  ])(
    "uses the legacy era for a server that refuses the modern one with status %i and %j [mcp.reason-passed]",
    async (status, body) => {
      const hosted = await startHosted("legacy");
      hosted.intercept = (_req, res, seen) =>
        seen.body?.method === "server/discover" && json(res, status, body);
      const driver = startProgram(hosted);
      await driver.initialize();
      expect(textOf(await driver.call("echo", { text: "x" }))).toBe("x");
    }
  );
});

it("answers a server's ping whose params are null [mcp.null-members]", async () => {
  const hosted = await startHosted("legacy");
  const driver = await openProgram(hosted);
  const answered: unknown[] = [];
  hosted.intercept = (_req, res, seen) => {
    if (seen.body?.id === "p" && !seen.body.method) answered.push(seen.body);
    if (!isCall(seen, "note")) return false;
    res.writeHead(200, { "content-type": "text/event-stream" });
    res.write(eventOf({ id: "p", method: "ping", params: null }));
    res.end(eventOf(noted(seen.body!.id)));
    return true;
  };
  expect(textOf(await driver.call("note", { text: "x" }))).toBe("noted");
  await until(() => answered.length > 0);
  expect(answered).toEqual([{ jsonrpc: "2.0", id: "p", result: {} }]);
});

it("treats null params from the agent as absent [mcp.null-members]", async () => {
  const driver = await openProgram(await startHosted("legacy"));
  const answer = driver.next(({ id }) => id === "n");
  driver.send({ id: "n", method: "tools/list", params: null });
  expect(await answer).toHaveProperty("result.tools");
});

/**
 * Answers calls of `note` with a stream that ends immediately and says when to reconnect. @returns its
 * openings
 */
function resumable(hosted: Counterpart, retry: number): number[] {
  const opened: number[] = [];
  hosted.intercept = (req: IncomingMessage, res: ServerResponse, seen) => {
    if (!isCall(seen, "note") && !(req.method === "GET" && req.headers["last-event-id"] === "1"))
      return false;
    opened.push(performance.now());
    res.writeHead(200, { "content-type": "text/event-stream" });
    res.end(`id: 1\nretry: ${retry}\ndata: \n\n`);
    return true;
  };
  return opened;
}

it("resumes a stream that says `retry: 0` at most once a second [mcp.reconnect-paced]", async () => {
  const hosted = await startHosted("legacy");
  const driver = await openProgram(hosted);
  const opened = resumable(hosted, 0);
  void driver.call("note", { text: "x" });
  await until(() => opened.length === 4);
  const pauses = opened.slice(1).map((at, index) => at - opened[index]!);
  expect(Math.min(...pauses)).toBeGreaterThan(990);
});

it.each([4_294_967_296, 99_999_999_999_999])(
  "doesn't resume a stream early that says `retry: %i`, more than a timer can hold [mcp.reconnect-paced]",
  async (retry) => {
    const hosted = await startHosted("legacy");
    const driver = await openProgram(hosted, { bounds: { idleCallMs: 1_500 } });
    const opened = resumable(hosted, retry);
    expect(textOf(await driver.call("note", { text: "x" }))).toMatch(/didn't respond/);
    expect(opened).toHaveLength(1);
  },
  60_000
);

it("says which handshake message a server refused, and why [mcp.reason-passed]", async () => {
  const hosted = await startHosted("legacy");
  hosted.intercept = (_req, res, seen) =>
    seen.body?.method === "notifications/initialized" && json(res, 400, '{"detail":"no such node"}');
  const driver = startProgram(hosted);
  await driver.initialize();
  const said = JSON.stringify((await driver.call("echo", { text: "x" })).result);
  expect(said).toContain("notifications/initialized");
  expect(said).toContain(hosted.url);
  expect(said).toContain("no such node");
});

it("keeps a session's cookies and drops those that expire [mcp.session-cookies]", async () => {
  const hosted = await startHosted("legacy");
  const sent: (string | undefined)[] = [];
  hosted.intercept = (req, res, seen) => {
    if (seen.body?.method === "initialize")
      res.setHeader("set-cookie", ["node=a1; Path=/; HttpOnly", "bad\u00e9=1", "old=1; Max-Age=0", "=x"]);
    if (isCall(seen, "echo")) {
      sent.push(req.headers.cookie);
      res.setHeader("set-cookie", "node=; Expires=Thu, 01 Jan 1970 00:00:00 GMT");
    }
    return false;
  };
  const driver = startProgram(hosted);
  await driver.initialize();
  await driver.call("echo", { text: "1" });
  await driver.call("echo", { text: "2" });
  expect(sent).toEqual(["node=a1", undefined]);
});

it("hides members that only the modern era has from a legacy agent [mcp.era-members]", async () => {
  const hosted = await startHosted("modern");
  const driver = await openProgram(hosted);
  hosted.intercept = (_req, res, seen) => {
    const { method } = seen.body ?? {};
    const _meta = { "io.modelcontextprotocol/serverInfo": { name: "x", version: "1" }, "a.example/b": 1 };
    const hints = { resultType: "complete", ttlMs: 5, cacheScope: "private" };
    if (method === "resources/list")
      return respond(res, seen, { result: { ...hints, resources: [], _meta } });
    if (!isCall(seen, "note")) return false;
    const result = {
      resultType: "complete",
      content: [],
      ttlMs: "mine",
      structuredContent: { resultType: 1 },
      _meta
    };
    return respond(res, seen, { result });
  };
  const list = await driver.request("resources/list", {});
  const own = [expect.objectContaining({ uri: "skill://imgwire/SKILL.md" })];
  expect(list.result).toEqual({ resources: own, _meta: { "a.example/b": 1 } });
  expect((await driver.call("note", { text: "x" })).result).toEqual({
    content: [],
    ttlMs: "mine",
    structuredContent: { resultType: 1 },
    _meta: { "a.example/b": 1 }
  });
});
