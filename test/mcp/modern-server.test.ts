import { beforeEach, describe, expect, it } from "vitest";
import type { StdioDriver } from "../../sandbox/client/stdio-driver.ts";
import type { Counterpart } from "../../sandbox/counterpart/counterpart.ts";
import { STATE } from "../../sandbox/counterpart/modern.ts";
import { META } from "./envelope.ts";
import { eventOf, isCall, respond, textResult } from "./intercept.ts";
import { startHosted, startProgram, until } from "./program.ts";

describe("in front of a hosted server of the modern era", () => {
  let hosted: Counterpart;
  beforeEach(async () => {
    hosted = await startHosted("modern");
  });
  const start = (): StdioDriver => startProgram(hosted);

  // MCP 2026-07-28, basic/index, result type: if it is missing, `complete` is meant.
  it("adds a missing resultType for a modern agent", async () => {
    const done = { ...textResult("done"), structuredContent: { n: 1 } };
    hosted.intercept = (_req, res, seen) => isCall(seen, "echo") && respond(res, seen, { result: done });
    const { result } = await start().call("echo", { text: "x" }, META);
    expect(result).toEqual({ resultType: "complete", ...done });
  });

  // MCP 2026-07-28, basic/index: the _meta of every result contains the server info.
  it("includes the server info in the tool list, although the program itself answers it", async () => {
    const agent = start();
    await agent.call("echo", { text: "x" }, META);
    const { result } = await agent.request("tools/list", { _meta: META });
    const serverInfo = { name: "counterpart", version: "1.0.0" };
    expect(result?.["_meta"]).toEqual({ "io.modelcontextprotocol/serverInfo": serverInfo });
  });

  // The selected Environment is the answer, without asking the user, so only a limit ends such a call.
  it("gives up a call whose server asks for the Environment again after each of ten answers [mcp.round-limit]", async () => {
    const answers: unknown[] = [];
    const id = "22222222-2222-4222-8222-222222222222";
    const field = { type: "string", enum: [id] };
    const requestedSchema = { type: "object", properties: { environment: field }, required: ["environment"] };
    const question = { method: "elicitation/create", params: { message: "Environment?", requestedSchema } };
    hosted.intercept = (_req, res, seen) => {
      if (!isCall(seen, "echo")) return false;
      answers.push(seen.body!.params?.["inputResponses"]);
      const result = { resultType: "input_required", inputRequests: { which: question }, requestState: "s" };
      return respond(res, seen, { result });
    };
    const agent = startProgram(hosted, { env: { IMGWIRE_ENVIRONMENT: id } });
    await agent.initialize();
    const { error } = await agent.call("echo", { text: "x" });
    expect(error?.message).toContain("10 rounds");
    expect(answers).toHaveLength(11);
    expect(answers[10]).toEqual({ which: { action: "accept", content: { environment: id } } });
  });

  // With an Environment selected, the program declares forms to the server for an agent that has none.
  it("cancels a server's question for a modern agent without forms", async () => {
    const id = "22222222-2222-4222-8222-222222222222";
    const agent = startProgram(hosted, { env: { IMGWIRE_ENVIRONMENT: id } });
    const { result } = await agent.call("ask", {}, META);
    expect(result).toMatchObject({ resultType: "complete", content: [{ text: `hello undefined ${STATE}` }] });
  });

  it("refuses an unknown log level, because the server would refuse every later request with it", async () => {
    const agent = start();
    await agent.initialize();
    await agent.call("echo", { text: "x" });
    for (const params of [{ level: "verbose" }, { level: 7 }, {}])
      expect((await agent.request("logging/setLevel", params)).error?.code).toBe(-32602);
    expect((await agent.call("echo", { text: "x" })).result).toMatchObject({ content: [{ text: "x" }] });
  });

  it("mirrors an argument in a header once the server requires that, on whichever page the tool is listed", async () => {
    let property: object = { type: "string" };
    const tool = (name: string, properties: object): object => ({
      name,
      inputSchema: { type: "object", properties }
    });
    hosted.intercept = (req, res, seen) => {
      const { method, params } = seen.body ?? {};
      // The list stays fresh for so long that only the error makes the program read it again.
      const cached = { resultType: "complete", ttlMs: 60_000, cacheScope: "private" };
      if (method === "tools/list" && params?.["cursor"] === undefined)
        return respond(res, seen, { result: { ...cached, tools: [tool("first", {})], nextCursor: "2" } });
      if (method === "tools/list")
        return respond(res, seen, { result: { ...cached, tools: [tool("second", { region: property })] } });
      if (method !== "tools/call") return false;
      const missing = "x-mcp-header" in property && req.headers["mcp-param-region"] !== "west";
      const error = { code: -32020, message: "Header mismatch: Mcp-Param-Region" };
      return missing
        ? respond(res, seen, { error }, 400)
        : respond(res, seen, { result: { resultType: "complete", ...textResult("done") } });
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

  it("waits only once for a server that never confirms subscriptions", async () => {
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
    for (let at = 0; at < 4; at++) {
      await agent.request("logging/setLevel", { level: "info" });
      await agent.request("resources/subscribe", { uri: "test://note" });
    }
    // If each had waited like the first, this would have taken four times as long.
    expect(performance.now() - again).toBeLessThan(2 * waited);
  });

  it("passes an unknown notification of a call on unchanged", async () => {
    const unknown =
      '{"jsonrpc":"2.0","method":"notifications/com.example/step","params":{"of":12345678901234567890}}';
    hosted.intercept = (_req, res, { body }) => {
      if (body?.method !== "tools/call") return false;
      res.setHeader("content-type", "text/event-stream");
      const result = { resultType: "complete", content: [] };
      res.end(`data: ${unknown}\n\n${eventOf({ id: body.id, result })}`);
      return true;
    };
    const agent = start();
    await agent.call("echo", { text: "x" }, META);
    expect(agent.lines.slice(0, -1)).toEqual([unknown]);
  });

  it("hides the end of its own subscription from the agent, even if its id is that of an open question", async () => {
    let end: ((requestId: unknown) => void) | undefined;
    hosted.intercept = (_req, res, { body }) => {
      if (body?.method !== "subscriptions/listen" || end) return false;
      res.writeHead(200, { "content-type": "text/event-stream" });
      end = (requestId) => {
        res.write(eventOf({ method: "notifications/cancelled", params: { requestId } }));
        res.write(eventOf({ method: "notifications/resources/list_changed" }));
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

  it("refuses the legacy handshake in a modern request", async () => {
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
    const logged = agent.notification("notifications/message");
    await agent.call("progress");
    expect((await logged).params).toMatchObject({ data: "careful" });
  });
});
