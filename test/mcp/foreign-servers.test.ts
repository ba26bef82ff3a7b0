import type { IncomingMessage, ServerResponse } from "node:http";
import { brotliCompressSync, deflateSync, gzipSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { StdioDriver } from "../../sandbox/client/stdio-driver.ts";
import { type Counterpart, startCounterpart } from "../../sandbox/counterpart/counterpart.ts";
import { isCall } from "./intercept.ts";
import { Programs, textOf, until } from "./program.ts";

let hosted: Counterpart;
let programs: Programs;

beforeEach(() => {
  programs = new Programs();
});
afterEach(async () => {
  await programs.stop();
  await hosted.close();
});

async function open(era: "legacy" | "modern" = "legacy"): Promise<StdioDriver> {
  hosted = await startCounterpart(era);
  const driver = programs.start({ url: hosted.url });
  await driver.initialize();
  await driver.call("echo", { text: "open" });
  return driver;
}

const noted = (id: unknown): string =>
  JSON.stringify({ jsonrpc: "2.0", id, result: { content: [{ type: "text", text: "noted" }] } });

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
describe.each(["legacy", "modern"] as const)("a server of the %s era", (era) => {
  it.each(reasons)(
    "passes on the server's reason for refusing a call with %s [mcp.reason-passed]",
    async (_, ...it) => {
      const [status, body, reason] = it;
      const driver = await open(era);
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
    "accepts compression with %s although it didn't ask for it [mcp.content-coding]",
    async (coding, compress) => {
      const driver = await open(era);
      hosted.intercept = (_req, res, seen) =>
        isCall(seen, "note") &&
        json(res, 200, compress(noted(seen.body!.id)), { "content-encoding": coding });
      expect(textOf(await driver.call("note", { text: "x" }))).toBe("noted");
    }
  );

  it.each([
    ["an unknown coding", "zstd", noted(1)],
    ["a damaged body", "gzip", "no gzip"],
    ["more codings than anybody needs", "gzip, gzip, gzip", gzipSync(gzipSync(gzipSync("{}")))]
  ])("fails a call answered in %s [mcp.content-coding]", async (_, coding, body) => {
    const driver = await open(era);
    hosted.intercept = (_req, res, seen) =>
      isCall(seen, "note") && json(res, 200, body, { "content-encoding": coding });
    expect((await driver.call("note", { text: "x" })).result).toMatchObject({ isError: true });
    expect(textOf(await driver.call("echo", { text: "alive" }))).toBe("alive");
  });

  it("keeps ids with many digits apart [mcp.exact-ids]", async () => {
    const driver = await open(era);
    const lines: string[] = [];
    driver.child.stdout!.on("data", (chunk: Buffer) => lines.push(chunk.toString()));
    for (const id of ["9007199254740993", "9007199254740992", "-900719925474099300000000001"]) {
      const params = `{"name":"echo","arguments":{"text":"${id}","id":9007199254740993}}`;
      driver.child.stdin!.write(`{"jsonrpc":"2.0","id":${id},"method":"tools/call","params":${params}}\n`);
    }
    await until(() => lines.join("").split('"id":').length > 3);
    for (const id of ["9007199254740993", "9007199254740992", "-900719925474099300000000001"]) {
      const line = lines
        .join("")
        .split("\n")
        .find((each) => new RegExp(`"id":${id}[,}]`).test(each));
      expect(line).toContain(`"text":"${id}"`);
    }
  });
});

it("answers server requests under their ids with many digits, and passes them to the agent unchanged [mcp.exact-ids]", async () => {
  const driver = await open("legacy");
  const ids = ["9007199254740993", "9007199254740992", "-900719925474099300000000001", '"9007199254740993"'];
  hosted.intercept = (_req, res, seen) => {
    if (!isCall(seen, "note")) return false;
    res.writeHead(200, { "content-type": "text/event-stream" });
    const telling = `{"jsonrpc":"2.0","method":"notifications/x","params":{"requestId":9007199254740993}}`;
    const asking = ids.map((id) => `{"jsonrpc":"2.0","id":${id},"method":"ping"}`);
    for (const message of [telling, ...asking]) res.write(`data: ${message}\n\n`);
    const answered = () =>
      hosted.seen.filter(({ text }) => text.includes('"result":{}')).length === ids.length;
    void until(answered).then(() => res.end(`data: ${noted(seen.body!.id)}\n\n`));
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
    "speaks the legacy era to a server that refuses the modern one with status %i and %j [mcp.reason-passed]",
    async (status, body) => {
      hosted = await startCounterpart("legacy");
      hosted.intercept = (_req, res, seen) =>
        seen.body?.method === "server/discover" && json(res, status, body);
      const driver = programs.start({ url: hosted.url });
      await driver.initialize();
      expect(textOf(await driver.call("echo", { text: "x" }))).toBe("x");
    }
  );
});

it("answers a ping whose params are null [mcp.null-members]", async () => {
  const driver = await open();
  const answered: unknown[] = [];
  hosted.intercept = (_req, res, seen) => {
    if (seen.body?.id === "p" && !seen.body.method) answered.push(seen.body);
    if (!isCall(seen, "note")) return false;
    res.writeHead(200, { "content-type": "text/event-stream" });
    res.write('data: {"jsonrpc":"2.0","id":"p","method":"ping","params":null}\n\n');
    res.end(`data: ${noted(seen.body!.id)}\n\n`);
    return true;
  };
  expect(textOf(await driver.call("note", { text: "x" }))).toBe("noted");
  await until(() => answered.length > 0);
  expect(answered).toEqual([{ jsonrpc: "2.0", id: "p", result: {} }]);
});

it("treats null params from the agent as absent [mcp.null-members]", async () => {
  const driver = await open();
  driver.child.stdin!.write('{"jsonrpc":"2.0","id":"n","method":"tools/list","params":null}\n');
  await until(() => driver.messages.some(({ id }) => id === "n"));
  expect(driver.messages.find(({ id }) => id === "n")).toHaveProperty("result.tools");
});

it.each([0, 4_294_967_296, 99_999_999_999_999])(
  "resumes a stream that says `retry: %i` at most once a second [mcp.reconnect-paced]",
  async (retry) => {
    const driver = await open();
    const opened: number[] = [];
    hosted.intercept = (req: IncomingMessage, res: ServerResponse, seen) => {
      if (!isCall(seen, "note") && !(req.method === "GET" && req.headers["last-event-id"] === "1"))
        return false;
      opened.push(performance.now());
      res.writeHead(200, { "content-type": "text/event-stream" });
      res.end(`id: 1\nretry: ${retry}\ndata: \n\n`);
      return true;
    };
    void driver.call("note", { text: "x" });
    await new Promise((resolve) => setTimeout(resolve, 2_500));
    expect(opened.length).toBeLessThan(4);
  }
);

it("says what a server refused in the handshake, where and why [mcp.reason-passed]", async () => {
  hosted = await startCounterpart("legacy");
  hosted.intercept = (_req, res, seen) =>
    seen.body?.method === "notifications/initialized" && json(res, 400, '{"detail":"no such node"}');
  const driver = programs.start({ url: hosted.url });
  await driver.initialize();
  const said = JSON.stringify((await driver.call("echo", { text: "x" })).result);
  expect(said).toContain("notifications/initialized");
  expect(said).toContain(hosted.url);
  expect(said).toContain("no such node");
});

it("keeps a session's cookies and drops those that expire [mcp.session-cookies]", async () => {
  hosted = await startCounterpart("legacy");
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
  const driver = programs.start({ url: hosted.url });
  await driver.initialize();
  await driver.call("echo", { text: "1" });
  await driver.call("echo", { text: "2" });
  expect(sent).toEqual(["node=a1", undefined]);
});

it("hides members that only the modern era has from a legacy agent [mcp.era-members]", async () => {
  const driver = await open("modern");
  hosted.intercept = (_req, res, seen) => {
    const { method, id } = seen.body ?? {};
    const _meta = { "io.modelcontextprotocol/serverInfo": { name: "x", version: "1" }, "a.example/b": 1 };
    if (method === "resources/list")
      return json(
        res,
        200,
        JSON.stringify({
          jsonrpc: "2.0",
          id,
          result: { resultType: "complete", ttlMs: 5, cacheScope: "private", resources: [], _meta }
        })
      );
    if (!isCall(seen, "note")) return false;
    const result = {
      resultType: "complete",
      content: [],
      ttlMs: "mine",
      structuredContent: { resultType: 1 },
      _meta
    };
    return json(res, 200, JSON.stringify({ jsonrpc: "2.0", id, result }));
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
