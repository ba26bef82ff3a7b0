import { once } from "node:events";
import { readFileSync } from "node:fs";
import { type AddressInfo, connect, createServer } from "node:net";
import { gzipSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { StdioDriver } from "../../sandbox/client/stdio-driver.ts";
import { type Counterpart, type Seen, startCounterpart } from "../../sandbox/counterpart/counterpart.ts";
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
  const driver = programs.start({ url: hosted.url, ...start });
  await driver.initialize();
  await driver.call("echo", { text: "open" });
  return driver;
}

const isNote = ({ body }: Seen): boolean => body?.method === "tools/call" && body.params?.["name"] === "note";
const isList = ({ body }: Seen): boolean => body?.method === "tools/list";

/** Resident memory in megabytes. */
function memory(driver: StdioDriver): number {
  const status = readFileSync(`/proc/${driver.child.pid}/status`, "utf8");
  return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) / 1024;
}

describe("an agent that writes", () => {
  const lines: [string, string | Buffer, number][] = [
    ["no JSON", "{not json", -32700],
    ["no UTF-8", Buffer.from([0x22, 0xff, 0xfe, 0x22]), -32700],
    ["a batch", '[{"jsonrpc":"2.0","id":1,"method":"ping"}]', -32600],
    ["an empty batch", "[]", -32600],
    ["no JSON-RPC", '{"id":7,"method":"ping"}', -32600],
    ["an id of null", '{"jsonrpc":"2.0","id":null,"method":"ping"}', -32600],
    ["64 MiB on one line", Buffer.alloc(64 * 1024 * 1024, "x"), -32700]
  ];
  it.each(lines)("%s is told so, and the next call works", async (_name, line, code) => {
    const driver = await open();
    const refused = driver.next((message) => message.error?.code === code);
    driver.raw(line);
    await refused;
    expect(textOf(await driver.call("echo", { text: "alive" }))).toBe("alive");
  });

  describe("brackets within brackets, deeper than they can be written again,", () => {
    const text = "[".repeat(100_000) + "]".repeat(100_000);
    const call = (_meta: object): string => {
      const params = { name: "echo", arguments: { text: "TEXT" }, _meta };
      return JSON.stringify({ jsonrpc: "2.0", id: "deep", method: "tools/call", params }).replace(
        '"TEXT"',
        text
      );
    };

    it("in the era that the server does not speak has the call fail, and the next one works", async () => {
      const driver = programs.start({ url: hosted.url });
      const meta = "io.modelcontextprotocol/";
      const failed = driver.next(({ id }) => id === "deep");
      driver.raw(call({ [`${meta}protocolVersion`]: "2026-07-28", [`${meta}clientCapabilities`]: {} }));
      expect((await failed).result).toMatchObject({ isError: true });
      await driver.initialize();
      expect(textOf(await driver.call("echo", { text: "alive" }))).toBe("alive");
    });

    it("in a batch is told so, and the next call works", async () => {
      const driver = programs.start({ url: hosted.url });
      await driver.initialize({}, "2025-03-26");
      const refused = driver.next(({ error }) => error?.code === -32700);
      driver.raw(`[${call({})}]`);
      await refused;
      expect(textOf(await driver.call("echo", { text: "alive" }))).toBe("alive");
    });

    it("in the answer to a question has the server told, and the next call works", async () => {
      const driver = programs.start({ url: hosted.url });
      await driver.initialize({ elicitation: {} });
      const asked = driver.next(({ method }) => method === "elicitation/create");
      const answer = driver.call("ask");
      const id = JSON.stringify((await asked).id);
      driver.raw(`{"jsonrpc":"2.0","id":${id},"result":{"action":"accept","content":${text}}}`);
      expect((await answer).result).toMatchObject({ isError: true });
      expect(textOf(await driver.call("echo", { text: "alive" }))).toBe("alive");
    });
  });

  it("an id that is in use does not end the call that has it", async () => {
    const driver = await open();
    const first = driver.request("tools/call", { name: "wait", arguments: {} }, 5);
    await until(() => hosted.seen.some(({ body }) => body?.id === 5));
    const refused = driver.next((message) => message.error?.code === -32600);
    driver.send({ id: 5, method: "ping" });
    await refused;
    driver.send({ method: "notifications/cancelled", params: { requestId: 5 } });
    await until(() => hosted.cancelled.length === 1);
    expect(driver.messages.filter(({ id }) => id === 5)).toEqual([]);
    void first;
  });

  it("answers and cancellations of nothing is ignored", async () => {
    const driver = await open();
    driver.send({ id: "imgwire-mcp:1", result: {} });
    driver.send({ id: 999, error: { code: 1, message: "x" } });
    driver.send({ method: "notifications/cancelled", params: { requestId: 999 } });
    driver.send({ method: "notifications/cancelled" });
    expect(textOf(await driver.call("echo", { text: "alive" }))).toBe("alive");
  });

  it("batches in revision 2025-03-26, which has them, is answered", async () => {
    const driver = programs.start({ url: hosted.url });
    await driver.initialize({}, "2025-03-26");
    const answers = Promise.all([1, 2].map((id) => driver.next((message) => message.id === `b${id}`)));
    driver.raw(JSON.stringify([1, 2].map((id) => ({ jsonrpc: "2.0", id: `b${id}`, method: "ping" }))));
    expect((await answers).map(({ result }) => result)).toEqual([{}, {}]);
  });
});

it("writes nothing but JSON-RPC on stdout, also with NODE_DEBUG", async () => {
  const driver = await open({ env: { NODE_DEBUG: "*", IMGWIRE_LOG_LEVEL: "debug" } });
  for (const line of driver.lines) expect(JSON.parse(line)).toMatchObject({ jsonrpc: "2.0" });
  expect(driver.stderr).not.toBe("");
});

it("lives on when nobody reads its stderr any more", async () => {
  const driver = await open();
  driver.child.stderr!.destroy();
  for (let at = 0; at < 3; at++) {
    const refused = driver.next((message) => message.error?.code === -32700);
    driver.raw("{not json");
    await refused;
  }
  expect(textOf(await driver.call("echo", { text: "alive" }))).toBe("alive");
});

describe("a hosted server that sends", () => {
  /** Answers one `note` call with a stream that `write` fills for as long as it is read. */
  function stream(chunk: string | (() => string)): void {
    hosted.intercept = (_req, res, seen) => {
      if (!isNote(seen)) return false;
      res.writeHead(200, { "content-type": "text/event-stream" });
      const pump = (): void => {
        while (!res.destroyed && res.write(typeof chunk === "string" ? chunk : chunk()));
      };
      res.on("drain", pump);
      pump();
      return true;
    };
  }

  it("an event without end is cut off, in bounded memory", async () => {
    const driver = await open();
    const before = memory(driver);
    stream("data: ".padEnd(64 * 1024, "x"));
    let most = 0;
    const watching = setInterval(() => (most = Math.max(most, memory(driver))), 20);
    expect(textOf(await driver.call("note", { text: "x" }))).toMatch(/too large/);
    clearInterval(watching);
    expect(most - before).toBeLessThan(150);
    expect(textOf(await driver.call("echo", { text: "alive" }))).toBe("alive");
  });

  it("notifications faster than the agent reads is read no faster", async () => {
    const driver = await open();
    const before = memory(driver);
    let sent = 0;
    const data = "x".repeat(1_000);
    const line = `data: ${JSON.stringify({ jsonrpc: "2.0", method: "notifications/message", params: { data } })}\n\n`;
    driver.child.stdout!.pause();
    stream(() => {
      sent += line.length;
      return line;
    });
    void driver.call("note", { text: "x" });
    // Nothing tells that somebody has stopped reading but that nothing more is sent.
    for (let last = -1; last !== sent || sent === 0;) {
      last = sent;
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
    expect(memory(driver) - before).toBeLessThan(150);
    hosted.cut();
    driver.child.stdout!.resume();
    hosted.intercept = undefined;
    expect(textOf(await driver.call("echo", { text: "alive" }))).toBe("alive");
  });

  const question = (method: string, at: number): string =>
    `data: ${JSON.stringify({ jsonrpc: "2.0", id: `${at}`.padEnd(4_000, "x"), method })}\n\n`;
  const floods: [string, (at: number) => string, number][] = [
    ["pings", (at) => question("ping", at), 20_000],
    ["questions that nobody answers", (at) => question("roots/list", at), 20_000],
    ["messages that are none, with nobody to read the warnings,", () => "data: 1\n\n", 1_500_000],
    ["one event of short lines", () => "data: x\n", 6_000_000]
  ];
  it.each(floods)("%s without end is read in bounded memory", async (_what, event, count) => {
    const driver = await open();
    driver.child.stderr!.pause();
    const before = memory(driver);
    let sent = 0;
    stream(() => {
      if (sent >= count) hosted.cut();
      return Array.from({ length: 500 }, () => event(sent++)).join("");
    });
    let most = 0;
    const watching = setInterval(() => (most = Math.max(most, memory(driver))), 20);
    await driver.call("note", { text: "x" });
    clearInterval(watching);
    expect(most - before).toBeLessThan(150);
    hosted.intercept = undefined;
    expect(textOf(await driver.call("echo", { text: "alive" }))).toBe("alive");
  });

  it("a batch of millions has the call fail, in bounded memory", async () => {
    const driver = await open();
    const before = memory(driver);
    hosted.intercept = (_req, res, seen) => {
      if (!isNote(seen)) return false;
      res.writeHead(200, { "content-type": "application/json" }).end(`[${"1,".repeat(2_000_000)}1]`);
      return true;
    };
    let most = 0;
    const watching = setInterval(() => (most = Math.max(most, memory(driver))), 20);
    expect((await driver.call("note", { text: "x" })).result).toMatchObject({ isError: true });
    clearInterval(watching);
    expect(most - before).toBeLessThan(150);
  });

  it("a JSON body without end is cut off", async () => {
    const driver = await open();
    hosted.intercept = (_req, res, seen) => {
      if (!isNote(seen)) return false;
      res.writeHead(200, { "content-type": "application/json" });
      const pump = (): void => {
        while (!res.destroyed && res.write(" ".repeat(64 * 1024)));
      };
      res.on("drain", pump);
      pump();
      return true;
    };
    expect(textOf(await driver.call("note", { text: "x" }))).toMatch(/too large/);
  });

  it("compressed answers to whoever does not rule that out is told to send them plain", async () => {
    const driver = await open();
    hosted.intercept = (req, res, seen) => {
      if (!isNote(seen)) return false;
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

  it("answers with unknown ids does not have them passed on, and the deadline answers the agent", async () => {
    const driver = await open({ bounds: { idleCallMs: 500 } });
    hosted.intercept = (_req, res, seen) => {
      if (!isNote(seen)) return false;
      res.writeHead(200, { "content-type": "text/event-stream" });
      for (const id of [0, "x", null, 4711])
        res.write(`data: {"jsonrpc":"2.0","id":${JSON.stringify(id)},"result":{}}\n\n`);
      return true;
    };
    expect(textOf(await driver.call("note", { text: "x" }))).toMatch(/silent/);
    expect(driver.messages.some(({ id }) => id === 4711 || id === "x")).toBe(false);
  });

  it.each([
    ["no JSON", "text/plain", "hello"],
    ["half a message", "application/json", '{"jsonrpc":"2.0","id":'],
    ["a result that is no object", "application/json", '{"jsonrpc":"2.0","id":1,"result":7}'],
    ["nothing", "application/json", ""]
  ])("%s has the call fail and not hang", async (_name, type, body) => {
    const driver = await open();
    hosted.intercept = (_req, res, seen) =>
      isNote(seen) && Boolean(res.writeHead(200, { "content-type": type }).end(body));
    expect((await driver.call("note", { text: "x" })).result).toMatchObject({ isError: true });
  });

  it("JSON over several lines has it passed on in one", async () => {
    const driver = await open();
    hosted.intercept = (_req, res, seen) => {
      if (!isNote(seen)) return false;
      const result = { content: [{ type: "text", text: "two\nlines" }] };
      res.writeHead(200, { "content-type": "application/json" });
      res.end(JSON.stringify({ jsonrpc: "2.0", id: seen.body!.id, result }, undefined, 2));
      return true;
    };
    expect(textOf(await driver.call("note", { text: "x" }))).toBe("two\nlines");
  });

  it("`retry: 0` and hangs up is asked again at most once a second", async () => {
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

  it("nothing at all, for any number of calls, lets them be cancelled and others be made", async () => {
    const driver = await open();
    hosted.intercept = (_req, _res, seen) => isNote(seen);
    const ids = Array.from({ length: 40 }, (_, at) => `hangs ${at}`);
    for (const id of ids) void driver.request("tools/call", { name: "note", arguments: { text: id } }, id);
    await until(() => hosted.seen.filter(isNote).length === 32);
    for (const requestId of ids) driver.send({ method: "notifications/cancelled", params: { requestId } });
    expect(textOf(await driver.call("echo", { text: "alive" }))).toBe("alive");
    expect(driver.messages.some(({ id }) => ids.includes(String(id)))).toBe(false);
  });

  it("a question with the id of a pending call has both answered", async () => {
    const driver = await open();
    driver.onRequest = () => ({ action: "accept", content: { name: "Robin" } });
    const answered: unknown[] = [];
    hosted.intercept = (_req, res, seen) => {
      if (seen.body?.method === undefined && seen.body?.id !== undefined) answered.push(seen.body);
      if (!isNote(seen)) return false;
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

  it("a question after the answer does not have a modern agent answered twice", async () => {
    const driver = programs.start({ url: hosted.url });
    hosted.intercept = (_req, res, seen) => {
      if (!isNote(seen)) return false;
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
});

describe("hosted tools", () => {
  const tool = (name: string, more: object = {}): object => ({
    name,
    inputSchema: { type: "object" },
    ...more
  });

  async function listed(tools: object[], era: "legacy" | "modern" = "legacy"): Promise<StdioDriver> {
    if (era === "modern") {
      await hosted.close();
      hosted = await startCounterpart("modern");
    }
    hosted.intercept = (_req, res, seen) => {
      if (!isList(seen)) return false;
      res.writeHead(200, { "content-type": "application/json" });
      const hints = { resultType: "complete", ttlMs: 0, cacheScope: "private" };
      res.end(JSON.stringify({ jsonrpc: "2.0", id: seen.body!.id, result: { tools, ...hints } }));
      return true;
    };
    const driver = programs.start({ url: hosted.url });
    await driver.initialize();
    return driver;
  }

  async function names(driver: StdioDriver): Promise<string[]> {
    const { result } = await driver.request("tools/list");
    return (result as { tools: { name: string }[] }).tools.map(({ name }) => name);
  }

  it("in their thousands are capped", async () => {
    const driver = await listed(Array.from({ length: 10_000 }, (_, at) => tool(`tool_${at}`)));
    expect(await names(driver)).toHaveLength(1_000);
    expect(driver.stderr).toMatch(/10000 tools/);
  });

  it("with megabytes of text are left out", async () => {
    const driver = await listed([tool("big", { description: "x".repeat(5_000_000) }), tool("good")]);
    expect(await names(driver)).toEqual(["good"]);
  });

  it("with schemas nested too deeply to be written are left out", async () => {
    const deep = "[".repeat(20_000) + "]".repeat(20_000);
    hosted.intercept = (_req, res, seen) => {
      if (!isList(seen)) return false;
      const tools = JSON.stringify([
        tool("deep", { inputSchema: { type: "object", x: "DEEP" } }),
        tool("good")
      ]);
      const id = JSON.stringify(seen.body!.id);
      res.writeHead(200, { "content-type": "application/json" });
      res.end(`{"jsonrpc":"2.0","id":${id},"result":{"tools":${tools.replace('"DEEP"', deep)}}}`);
      return true;
    };
    const driver = programs.start({ url: hosted.url });
    await driver.initialize();
    expect(await names(driver)).toEqual(["good"]);
  });

  it("with names that are none, or are used twice, are left out", async () => {
    const bad = ["", "a\nb", "\u202Eevil", "\u001b[31mred", "x".repeat(200), "space d"];
    const driver = await listed([
      ...bad.map((name) => tool(name)),
      tool("good"),
      tool("good", { title: "again" })
    ]);
    expect(await names(driver)).toEqual(["good"]);
  });

  it("lose escape sequences and bidirectional overrides from their text", async () => {
    const driver = await listed([tool("good", { description: "a\u001b]8;;http://x\u0007b\u202Ec\r\nd" })]);
    const { result } = await driver.request("tools/list");
    const [first] = (result as { tools: { description: string }[] }).tools;
    expect(first!.description).toBe("a]8;;http://xbc\nd");
  });

  it("with the name of a local tool win, but for upload_image", async () => {
    const own = { description: "hosted" };
    const file = { file_name: { type: "string" } };
    const upload = { ...own, inputSchema: { type: "object", properties: file, required: ["file_name"] } };
    const driver = await listed([
      tool("upload_image", upload),
      tool("retrieve_image"),
      tool("upload_images", own)
    ]);
    const { result } = await driver.request("tools/list");
    const { tools } = result as { tools: { name: string; description: string; inputSchema: object }[] };
    expect(tools.filter(({ name }) => name === "upload_images")).toMatchObject([own]);
    expect(tools.find(({ name }) => name === "upload_image")!.inputSchema).toMatchObject({
      properties: { path: {} }
    });
  });

  it("with a line break in a header name are left out in the modern era", async () => {
    const schema = (name: unknown): object => ({
      inputSchema: { type: "object", properties: { region: { type: "string", "x-mcp-header": name } } }
    });
    const driver = await listed(
      [
        tool("bad", schema("Region\r\nAuthorization: x")),
        tool("worse", schema("")),
        tool("good", schema("Region"))
      ],
      "modern"
    );
    expect(await names(driver)).toEqual(["good"]);
    await driver.call("good", { region: "a\r\nAuthorization: evil" });
    const call = hosted.seen.find(({ body }) => body?.params?.["name"] === "good")!;
    expect(call.headers["mcp-param-region"]).toMatch(/^=\?base64\?/);
    expect(call.headers.authorization).toBe("Bearer CANARY-token");
  });
});

describe("the program ends", () => {
  it.each(["SIGTERM", "SIGINT"] as const)("on %s, also with a call pending", async (signal) => {
    const driver = await open();
    void driver.call("wait");
    await until(() => hosted.seen.some(({ body }) => body?.params?.["name"] === "wait"));
    driver.child.kill(signal);
    expect(await driver.exited).toBe(0);
    expect(hosted.seen.some(({ method }) => method === "DELETE")).toBe(true);
  });

  it("when stdin closes, after answering what can still be answered", async () => {
    const driver = await open();
    const answers = Promise.all(Array.from({ length: 5 }, (_, at) => driver.call("echo", { text: `${at}` })));
    expect(await driver.end()).toBe(0);
    expect((await answers).map(textOf)).toEqual(["0", "1", "2", "3", "4"]);
  });

  it("when stdin closes while a call hangs", async () => {
    const driver = await open();
    void driver.call("wait");
    expect(await driver.end()).toBe(0);
  });

  it("when nobody reads its stdout any more", async () => {
    const driver = await open();
    driver.child.stdout!.destroy();
    driver.send({ id: 1, method: "ping" });
    driver.send({ id: 2, method: "ping" });
    expect(await driver.exited).toBe(0);
  });

  it("and ends the hosted session that was being opened as well", async () => {
    await (await open()).end();
    hosted.seen.length = 0;
    const driver = programs.start({ url: hosted.url });
    await driver.initialize();
    hosted.intercept = (_req, _res, { body }) => {
      if (body?.method === "initialize") driver.child.stdin!.end();
      return false;
    };
    expect(await driver.exited).toBe(0);
    expect(hosted.seen.map(({ method, body }) => body?.method ?? method)).toContain("DELETE");
  });

  it("when stdin closes and nobody reads its stdout, which is full", async () => {
    const driver = await open();
    driver.child.stdout!.pause();
    for (let at = 0; at < 20; at++) driver.send({ id: `${at}`.padEnd(100_000, "x"), method: "ping" });
    driver.child.stdin!.end();
    const [code] = (await once(driver.child, "exit")) as [number];
    expect(code).toBe(0);
    // The last line was cut off: it is not for the driver to read.
    driver.child.stdout!.destroy();
  });

  it("within two seconds while a call hangs, when the server takes no connections any more", async () => {
    const { port } = new URL(hosted.url);
    const door = createServer((socket) => socket.pipe(connect(Number(port), "127.0.0.1")).pipe(socket));
    await once(door.listen(0, "127.0.0.1"), "listening");
    const driver = await open({ url: `http://127.0.0.1:${(door.address() as AddressInfo).port}/mcp` });
    for (let at = 0; at < 8; at++) void driver.call("wait");
    await until(() => hosted.seen.filter(({ body }) => body?.params?.["name"] === "wait").length === 8);
    door.close();
    const from = Date.now();
    expect(await driver.end()).toBe(0);
    expect(Date.now() - from).toBeLessThan(2_000);
  });

  it("when the server does not answer the DELETE", async () => {
    const driver = await open();
    hosted.intercept = (req) => req.method === "DELETE";
    expect(await driver.end()).toBe(0);
  });
});
