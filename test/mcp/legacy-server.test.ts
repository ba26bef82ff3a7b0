import type { ServerResponse } from "node:http";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Message, StdioDriver } from "../../sandbox/client/stdio-driver.ts";
import { type Counterpart, startCounterpart } from "../../sandbox/counterpart/counterpart.ts";
import { envelope, META } from "./envelope.ts";
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

describe("in front of a hosted server of the legacy era", () => {
  beforeEach(async () => {
    hosted = await startCounterpart("legacy");
  });

  const initialized = (): object[] =>
    hosted.seen.flatMap(({ body }) =>
      body?.method === "initialize" ? [body.params!["capabilities"] as object] : []
    );

  it("shows the link of a required visit in the form that the request expects", async () => {
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
  it("tells a modern agent about changes below the resources it has subscribed to, and about nothing else", async () => {
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

  it("fails a call whose response can't be translated to the other era, whichever stream it came on", async () => {
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

  it("keeps a modern agent's subscription that is ended and opened again", async () => {
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

  it("doesn't ask a legacy agent a question that was withdrawn before", async () => {
    askTwice();
    const agent = start();
    agent.onRequest = () => ({ action: "decline" });
    await agent.initialize({ elicitation: {} });
    const { result } = await agent.call("note", { text: "x" });
    expect(result).toMatchObject({ content: [{ text: "noted" }] });
    expect(agent.messages.filter(({ method }) => method === "elicitation/create")).toHaveLength(1);
  });

  it("doesn't ask a modern agent a question that was withdrawn while another was open", async () => {
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
  it("keeps calls with the same id apart if the first was answered with a question", async () => {
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
  it("declares a later request's capabilities, and lets earlier requests end in their own session", async () => {
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
