import type { ServerResponse } from "node:http";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Message, StdioDriver } from "../../sandbox/client/stdio-driver.ts";
import { type Counterpart, startCounterpart } from "../../sandbox/counterpart/counterpart.ts";
import { Programs, until } from "./program.ts";

const PREFIX = "io.modelcontextprotocol/";
const META = envelope({});

/** What a request of the modern era says of its client. */
function envelope(clientCapabilities: object): object {
  return {
    [`${PREFIX}protocolVersion`]: "2026-07-28",
    [`${PREFIX}clientInfo`]: { name: "driver", version: "1.0.0" },
    [`${PREFIX}clientCapabilities`]: clientCapabilities
  };
}

let hosted: Counterpart;
let programs: Programs;
const start = (): StdioDriver => programs.start({ url: hosted.url });

beforeEach(() => {
  programs = new Programs();
});
afterEach(async () => {
  await programs.stop();
  await hosted.close();
});

describe("in front of a hosted server of the modern era", () => {
  beforeEach(async () => {
    hosted = await startCounterpart("modern");
  });

  // MCP 2026-07-28, basic/index, result type: servers say it; one that does not means `complete`.
  it("says resultType to a modern agent where the server has left it out", async () => {
    const content = [{ type: "text", text: "done" }];
    hosted.intercept = (_req, res, { body }) => {
      if (body?.method !== "tools/call") return false;
      res.setHeader("content-type", "application/json");
      res.end(
        JSON.stringify({ jsonrpc: "2.0", id: body.id, result: { content, structuredContent: { n: 1 } } })
      );
      return true;
    };
    const { result } = await start().call("echo", { text: "x" }, META);
    expect(result).toEqual({ resultType: "complete", content, structuredContent: { n: 1 } });
  });

  it("refuses a log level that there is not, with which the server would refuse all that follows", async () => {
    const agent = start();
    await agent.initialize();
    await agent.call("echo", { text: "x" });
    for (const params of [{ level: "verbose" }, { level: 7 }, {}])
      expect((await agent.request("logging/setLevel", params)).error?.code).toBe(-32602);
    expect((await agent.call("echo", { text: "x" })).result).toMatchObject({ content: [{ text: "x" }] });
  });

  it("mirrors an argument that has come to be mirrored, on whatever page the tool is listed", async () => {
    let property: object = { type: "string" };
    const tool = (name: string, properties: object): object => ({
      name,
      inputSchema: { type: "object", properties }
    });
    hosted.intercept = (req, res, { body }) => {
      // Fresh for long, so that nobody looks again but for the refusal.
      const cached = { resultType: "complete", ttlMs: 60_000, cacheScope: "private" };
      const reply = (status: number, answer: object): true => {
        res.writeHead(status, { "content-type": "application/json" });
        res.end(JSON.stringify({ jsonrpc: "2.0", id: body!.id, ...answer }));
        return true;
      };
      if (body?.method === "tools/list" && body.params?.["cursor"] === undefined)
        return reply(200, { result: { ...cached, tools: [tool("first", {})], nextCursor: "2" } });
      if (body?.method === "tools/list")
        return reply(200, { result: { ...cached, tools: [tool("second", { region: property })] } });
      if (body?.method !== "tools/call") return false;
      const missing = "x-mcp-header" in property && req.headers["mcp-param-region"] !== "west";
      return missing
        ? reply(400, { error: { code: -32020, message: "Header mismatch: Mcp-Param-Region" } })
        : reply(200, { result: { resultType: "complete", content: [{ type: "text", text: "done" }] } });
    };
    const agent = start();
    await agent.initialize();
    const { tools } = (await agent.request("tools/list")).result as { tools: { name: string }[] };
    expect(tools.map(({ name }) => name)).toEqual(["first", "second"]);
    property = { type: "string", "x-mcp-header": "Region" };
    const { result } = await agent.call("second", { region: "west" });
    expect(result).toMatchObject({ content: [{ text: "done" }] });
  });

  it("listens anew for a resource, and not for a log level", async () => {
    const listens = (): number =>
      hosted.seen.filter(({ body }) => body?.method === "subscriptions/listen").length;
    const agent = start();
    await agent.initialize();
    await agent.call("echo", { text: "x" });
    await until(() => listens() === 1);
    for (const level of ["info", "debug"]) await agent.request("logging/setLevel", { level });
    await agent.request("resources/subscribe", { uri: "test://note" });
    expect(listens()).toBe(2);
  });

  it("waits once for a subscription that is never confirmed, not again for every later one", async () => {
    hosted.intercept = (_req, res, { body }) => {
      if (body?.method !== "subscriptions/listen") return false;
      res.writeHead(200, { "content-type": "text/event-stream" }).flushHeaders();
      return true;
    };
    const agent = start();
    await agent.initialize();
    await agent.call("echo", { text: "x" });
    const from = performance.now();
    await agent.request("resources/subscribe", { uri: "test://note" });
    const waited = performance.now() - from;
    const again = performance.now();
    for (let at = 0; at < 12; at++) {
      await agent.request("logging/setLevel", { level: "info" });
      await agent.request("resources/subscribe", { uri: "test://note" });
    }
    // Had each of them waited as the first one did, they would have taken twelve times as long as that.
    expect(performance.now() - again).toBeLessThan(waited);
  });

  it("passes notifications that it does not know on with the call they came with", async () => {
    const unknown =
      '{"jsonrpc":"2.0","method":"notifications/com.example/step","params":{"of":12345678901234567890}}';
    hosted.intercept = (_req, res, { body }) => {
      if (body?.method !== "tools/call") return false;
      res.setHeader("content-type", "text/event-stream");
      const result = { resultType: "complete", content: [] };
      const answer = JSON.stringify({ jsonrpc: "2.0", id: body.id, result });
      res.end(`data: ${unknown}\n\ndata: ${answer}\n\n`);
      return true;
    };
    const agent = start();
    await agent.call("echo", { text: "x" }, META);
    expect(agent.lines.slice(0, -1)).toEqual([unknown]);
  });

  it("keeps the end of its own subscription to itself: the agent has a question open under that id", async () => {
    let end: ((requestId: unknown) => void) | undefined;
    hosted.intercept = (_req, res, { body }) => {
      if (body?.method !== "subscriptions/listen" || end) return false;
      res.writeHead(200, { "content-type": "text/event-stream" });
      end = (requestId) => {
        const cancelled = { jsonrpc: "2.0", method: "notifications/cancelled", params: { requestId } };
        const changed = { jsonrpc: "2.0", method: "notifications/resources/list_changed" };
        res.write(`data: ${JSON.stringify(cancelled)}\n\ndata: ${JSON.stringify(changed)}\n\n`);
      };
      return true;
    };
    const agent = start();
    await agent.initialize({ elicitation: {} });
    const asked = agent.next(({ method }) => method === "elicitation/create");
    const answer = agent.call("ask");
    const { id } = await asked;
    await until(() => end !== undefined);
    const changed = agent.notification("notifications/resources/list_changed");
    end!(id);
    await changed;
    expect(agent.messages.some(({ method }) => method === "notifications/cancelled")).toBe(false);
    agent.send({ id, result: { action: "accept", content: { name: "Robin" } } });
    expect((await answer).result).toMatchObject({
      content: [{ text: expect.stringMatching(/^hello Robin/) as string }]
    });
  });

  it("refuses the legacy handshake in a request that is written in the modern era", async () => {
    const agent = start();
    const { error } = await agent.request("initialize", { protocolVersion: "2026-07-28", _meta: META });
    expect(error?.code).toBe(-32601);
    expect((await agent.call("echo", { text: "x" }, META)).result).toMatchObject({ resultType: "complete" });
  });

  it("takes a legacy agent's settings while the server is still being asked what it is", async () => {
    // The first process leaves a snapshot, so that the second one answers the handshake before it is
    // connected.
    await start().initialize();
    let release: (() => void) | undefined;
    const asked = new Promise<void>((resolve) => {
      hosted.intercept = (_req, res, { body }) => {
        if (body?.method !== "server/discover" || release) return false;
        release = () => res.writeHead(503, { "retry-after": "0" }).end();
        resolve();
        return true;
      };
    });
    const agent = start();
    await agent.initialize();
    await asked;
    const settings = [
      agent.request("logging/setLevel", { level: "info" }),
      agent.request("resources/subscribe", { uri: "test://note" }),
      agent.request("resources/unsubscribe", { uri: "test://note" })
    ];
    release!();
    for (const { result, error } of await Promise.all(settings))
      expect([result, error]).toEqual([{}, undefined]);
    const told = agent.notification("notifications/message");
    await agent.call("progress");
    expect((await told).params).toMatchObject({ data: "careful" });
  });
});

describe("in front of a hosted server of the legacy era", () => {
  beforeEach(async () => {
    hosted = await startCounterpart("legacy");
  });

  const initialized = (): object[] =>
    hosted.seen.flatMap(({ body }) =>
      body?.method === "initialize" ? [body.params!["capabilities"] as object] : []
    );

  it("shows the link that is to be visited first, in the form of what was asked for", async () => {
    const url = "https://imgwire.dev/billing";
    const data = { elicitations: [{ mode: "url", message: "Please look.", url, elicitationId: "e1" }] };
    hosted.intercept = (_req, res, { body }) => {
      if (body?.method !== "tools/call" && body?.method !== "prompts/get") return false;
      res.setHeader("content-type", "application/json");
      const error = { code: -32042, message: "See the page first.", data };
      res.end(JSON.stringify({ jsonrpc: "2.0", id: body.id, error }));
      return true;
    };
    const agent = start();
    const text = expect.stringContaining(url) as string;
    const { result } = await agent.call("note", { text: "x" }, META);
    expect(result).toMatchObject({ isError: true, content: [{ text }] });
    const { error } = await agent.request("prompts/get", { name: "greet", _meta: META });
    expect(error).toMatchObject({ code: -32603, message: text });
  });

  // MCP 2025-11-25 and 2026-07-28, schema, resources/updated: the URI may be that of a sub-resource.
  it("tells a modern agent of changes of parts of what it has subscribed to, and of nothing else", async () => {
    const agent = start();
    await agent.call("echo", { text: "x" }, META);
    await until(() => hosted.seen.some(({ method }) => method === "GET"));
    const acknowledged = agent.notification("notifications/subscriptions/acknowledged");
    const notifications = { resourceSubscriptions: ["test://note", "test://folder/"] };
    agent.send({ id: 0, method: "subscriptions/listen", params: { notifications, _meta: META } });
    await acknowledged;
    const uris = ["test://notes", "test://note/part", "test://other", "test://folder/file", "test://note"];
    const last = agent.next(({ params }) => params?.["uri"] === "test://note");
    for (const uri of uris) hosted.touch(uri);
    await last;
    const told = agent.messages.filter(({ method }) => method === "notifications/resources/updated");
    expect(told.map(({ params }) => params?.["uri"])).toEqual([
      "test://note/part",
      "test://folder/file",
      "test://note"
    ]);
  });

  it("fails a call whose answer cannot be written in the other era, on whatever stream it came", async () => {
    let standing: ServerResponse | undefined;
    hosted.intercept = (req, res, { body }) => {
      const isStream = req.method === "GET";
      if (!isStream && body?.method !== "tools/call") return false;
      res.writeHead(200, { "content-type": "text/event-stream" }).flushHeaders();
      if (isStream) standing = res;
      else {
        void until(() => standing !== undefined).then(() => {
          const deep = "[".repeat(20_000) + "]".repeat(20_000);
          const id = JSON.stringify(body!.id);
          standing!.write(`data: {"jsonrpc":"2.0","id":${id},"result":{"content":[],"deep":${deep}}}\n\n`);
        });
      }
      return true;
    };
    const { result } = await start().call("echo", { text: "x" }, META);
    expect(result).toMatchObject({ isError: true });
  });

  it("stays subscribed for a modern agent that ends a subscription and opens it again", async () => {
    const agent = start();
    await agent.call("echo", { text: "x" }, META);
    const notifications = { resourceSubscriptions: ["test://note"] };
    const listen = async (id: number): Promise<void> => {
      const acknowledged = agent.notification("notifications/subscriptions/acknowledged");
      agent.send({ id, method: "subscriptions/listen", params: { notifications, _meta: META } });
      await acknowledged;
    };
    await listen(100);
    // A server takes its time to end one, and sees to the next request meanwhile.
    hosted.intercept = (_req, res, { body }) => {
      if (body?.method !== "resources/unsubscribe") return false;
      setTimeout(() => {
        hosted.subscribed.delete("test://note");
        res.setHeader("content-type", "application/json");
        res.end(JSON.stringify({ jsonrpc: "2.0", id: body.id, result: {} }));
      }, 100);
      return true;
    };
    agent.send({ method: "notifications/cancelled", params: { requestId: 100 } });
    await until(() => hosted.seen.some(({ body }) => body?.method === "resources/unsubscribe"));
    await listen(101);
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(hosted.subscribed).toContain("test://note");
  });

  /**
   * Answers calls of `note` with a stream: two questions, of which the second is withdrawn, then the result.
   */
  function askTwice(): void {
    const params = { message: "Your name?", requestedSchema: { type: "object", properties: {} } };
    const ask = (id: string): object => ({ id, method: "elicitation/create", params });
    hosted.intercept = (_req, res, { body }) => {
      if (body?.method !== "tools/call" || body.params?.["name"] !== "note") return false;
      const say = (...messages: object[]): unknown =>
        res.write(
          messages.map((each) => `data: ${JSON.stringify({ jsonrpc: "2.0", ...each })}\n\n`).join("")
        );
      res.writeHead(200, { "content-type": "text/event-stream" });
      const withdrawn = { method: "notifications/cancelled", params: { requestId: "second" } };
      say(ask("first"), ask("second"), withdrawn);
      void until(() => hosted.seen.some((seen) => seen.body?.id === "first")).then(() => {
        say({ id: body.id, result: { content: [{ type: "text", text: "noted" }] } });
        res.end();
      });
      return true;
    };
  }

  it("does not put a question to a legacy agent that was withdrawn before", async () => {
    askTwice();
    const agent = start();
    agent.onRequest = () => ({ action: "decline" });
    await agent.initialize({ elicitation: {} });
    const { result } = await agent.call("note", { text: "x" });
    expect(result).toMatchObject({ content: [{ text: "noted" }] });
    expect(agent.messages.filter(({ method }) => method === "elicitation/create")).toHaveLength(1);
  });

  it("does not put a question to a modern agent that was withdrawn while another was open", async () => {
    askTwice();
    const agent = start();
    const _meta = envelope({ elicitation: {} });
    const call = { name: "note", arguments: { text: "x" }, _meta };
    const { requestState } = (await agent.request("tools/call", call)).result!;
    const inputResponses = { question: { action: "decline" } };
    const { result } = await agent.request("tools/call", {
      ...call,
      requestState: requestState as string,
      inputResponses
    });
    expect(result).toMatchObject({ resultType: "complete", content: [{ text: "noted" }] });
  });

  // MCP 2026-07-28, basic/index, requests: an id may be used again once its request has been answered.
  it("keeps calls apart that have one id, where the first has been answered with a question", async () => {
    const agent = start();
    const elicitation = envelope({ elicitation: {} });
    const call = (name: string, more: object, id: number): Promise<Message> =>
      agent.request("tools/call", { name, arguments: { text: "x" }, _meta: elicitation, ...more }, id);
    const { requestState, inputRequests } = (await call("ask", {}, 5)).result!;
    expect((await call("echo", {}, 5)).result).toMatchObject({ content: [{ text: "x" }] });
    const [key] = Object.keys(inputRequests as object);
    const inputResponses = { [key!]: { action: "accept", content: { name: "Robin" } } };
    const { result } = await call("ask", { inputResponses, requestState: requestState as string }, 6);
    expect(result).toMatchObject({ content: [{ text: "hello Robin" }] });
  });

  // Modern requests declare what the client can do one by one, a legacy session once and for all.
  it("declares what a later request can do, and lets what is under way end in the session it began in", async () => {
    const agent = start();
    await agent.request("server/discover", { _meta: META });
    agent.send({ id: "waiting", method: "tools/call", params: { name: "wait", arguments: {}, _meta: META } });
    await until(() => hosted.seen.some(({ body }) => body?.params?.["name"] === "wait"));

    const elicitation = envelope({ elicitation: {} });
    const asked = await agent.call("ask", {}, elicitation);
    expect(asked.result).toMatchObject({ resultType: "input_required" });
    const sampling = envelope({ sampling: {}, roots: {} });
    const sampled = await agent.call("ask_all", {}, sampling);
    expect(sampled.result).toMatchObject({ resultType: "input_required" });
    expect(initialized()).toEqual([{}, { elicitation: {} }, { elicitation: {}, sampling: {}, roots: {} }]);

    const { inputRequests, requestState } = asked.result as { inputRequests: object; requestState: string };
    const [key] = Object.keys(inputRequests);
    const inputResponses = { [key!]: { action: "accept", content: { name: "Robin" } } };
    const retry = { name: "ask", arguments: {}, inputResponses, requestState, _meta: elicitation };
    const { result } = await agent.request("tools/call", retry);
    expect(result).toMatchObject({ content: [{ text: "hello Robin" }] });

    // The session of `ask` has ended with it; the one of `wait` ends with the cancellation.
    agent.send({ method: "notifications/cancelled", params: { requestId: "waiting" } });
    await until(() => hosted.cancelled.length === 1);
    await until(() => hosted.seen.filter(({ method }) => method === "DELETE").length === 2);
  });
});

// What would not survive being parsed and written again.
const RESULT = '{"resultType":"complete","content":[],"b":12345678901234567890,"10":1.0,"9":1e2}';
it.each(["legacy", "modern"] as const)(
  "a %s answer goes to an agent of the same era as it was written, on one line",
  async (era) => {
    hosted = await startCounterpart(era);
    const agent = start();
    if (era === "legacy") await agent.initialize();
    hosted.intercept = (_req, res, { body }) => {
      if (body?.method !== "tools/call") return false;
      const id = JSON.stringify(body.id);
      res.setHeader("content-type", "application/json");
      res.end(
        `{\r\n  "jsonrpc": "2.0",\n  "id": ${id},\n  "result": ${RESULT},\n  "later": "\\u00e9\\n"\n}\n`
      );
      return true;
    };
    const { id } = await agent.call("echo", { text: "x" }, era === "modern" ? META : undefined);
    expect(agent.lines.at(-1)).toBe(
      `{   "jsonrpc": "2.0",   "id": ${id},   "result": ${RESULT},   "later": "\\u00e9\\n" } `
    );
  }
);

// A failing server may well say so in JSON-RPC; a legacy verdict drawn from that would stand for a week.
it.each([
  ["legacy", "initialize", "server/discover"],
  ["modern", "server/discover", "initialize"]
] as const)("a %s server that fails at first is not taken for the other era", async (era, own, other) => {
  hosted = await startCounterpart(era);
  const first = start();
  await first.initialize();
  await first.call("echo", { text: "x" });
  await first.end();
  hosted.seen.length = 0;
  let failed = 0;
  hosted.intercept = (_req, res, { body }) => {
    if (body?.method !== own || failed++ > 0) return false;
    res.writeHead(500, { "content-type": "application/json" });
    const error = { code: -32603, message: "Internal error" };
    res.end(JSON.stringify({ jsonrpc: "2.0", id: body.id, error }));
    return true;
  };
  const second = start();
  await second.initialize();
  await until(() => failed > 0);
  // A call that joins the attempt that fails shares its fate; one after it finds the server well.
  while ((await second.call("echo", { text: "x" })).result?.["isError"] === true);
  expect(hosted.seen.map(({ body }) => body?.method)).not.toContain(other);
});
