import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { StdioDriver } from "../../sandbox/client/stdio-driver.ts";
import { type Counterpart, startCounterpart } from "../../sandbox/counterpart/counterpart.ts";
import { STATE } from "../../sandbox/counterpart/modern.ts";
import { META } from "./envelope.ts";
import { Programs, until } from "./program.ts";

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
  it("adds resultType for a modern agent if the server left it out", async () => {
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

  // MCP 2026-07-28, basic/index: servers say who they are in the _meta of every result.
  it("says who the server is in the tool list too, although the program answers it", async () => {
    const agent = start();
    await agent.call("echo", { text: "x" }, META);
    const { result } = await agent.request("tools/list", { _meta: META });
    const serverInfo = { name: "counterpart", version: "1.0.0" };
    expect(result?.["_meta"]).toEqual({ "io.modelcontextprotocol/serverInfo": serverInfo });
  });

  // A chosen Environment answers for the user, so without a limit nothing would ever end such a call.
  it("gives up a call whose server asks for the Environment again after each of ten answers [mcp.round-limit]", async () => {
    const answers: unknown[] = [];
    const id = "22222222-2222-4222-8222-222222222222";
    const field = { type: "string", enum: [id] };
    const requestedSchema = { type: "object", properties: { environment: field }, required: ["environment"] };
    const question = { method: "elicitation/create", params: { message: "Environment?", requestedSchema } };
    hosted.intercept = (_req, res, { body }) => {
      if (body?.method !== "tools/call") return false;
      answers.push(body.params?.["inputResponses"]);
      const result = { resultType: "input_required", inputRequests: { which: question }, requestState: "s" };
      res.setHeader("content-type", "application/json");
      res.end(JSON.stringify({ jsonrpc: "2.0", id: body.id, result }));
      return true;
    };
    const agent = programs.start({ url: hosted.url, env: { IMGWIRE_ENVIRONMENT: id } });
    await agent.initialize();
    const { error } = await agent.call("echo", { text: "x" });
    expect(error?.message).toContain("10 rounds");
    expect(answers).toHaveLength(11);
    expect(answers[10]).toEqual({ which: { action: "accept", content: { environment: id } } });
  });

  // With an Environment selected, the program declares forms to the server for an agent that has none.
  it("cancels a question of the server for a modern agent that has no forms", async () => {
    const id = "22222222-2222-4222-8222-222222222222";
    const agent = programs.start({ url: hosted.url, env: { IMGWIRE_ENVIRONMENT: id } });
    const { result } = await agent.call("ask", {}, META);
    expect(result).toMatchObject({ resultType: "complete", content: [{ text: `hello undefined ${STATE}` }] });
  });

  it("refuses an unknown log level, with which the server would refuse every later request", async () => {
    const agent = start();
    await agent.initialize();
    await agent.call("echo", { text: "x" });
    for (const params of [{ level: "verbose" }, { level: 7 }, {}])
      expect((await agent.request("logging/setLevel", params)).error?.code).toBe(-32602);
    expect((await agent.call("echo", { text: "x" })).result).toMatchObject({ content: [{ text: "x" }] });
  });

  it("mirrors an argument that the server starts to require in a header, on whichever page the tool is listed", async () => {
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

  it("reopens the listen stream for a resource but not for a log level", async () => {
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

  it("waits once for a subscription that is never confirmed, and not again for later ones", async () => {
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

  it("passes on unknown notifications with the call that they belong to", async () => {
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

  it("hides the end of its own subscription, whose id belongs to an open question of the agent", async () => {
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

  it("refuses the legacy handshake in a request of the modern era", async () => {
    const agent = start();
    const { error } = await agent.request("initialize", { protocolVersion: "2026-07-28", _meta: META });
    expect(error?.code).toBe(-32601);
    expect((await agent.call("echo", { text: "x" }, META)).result).toMatchObject({ resultType: "complete" });
  });

  it("accepts a legacy agent's settings while the server's era is still being determined", async () => {
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
