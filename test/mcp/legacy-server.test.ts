import type { ServerResponse } from "node:http";
import { beforeEach, describe, expect, it } from "vitest";
import type { Message, StdioDriver } from "../../sandbox/client/stdio-driver.ts";
import type { Counterpart } from "../../sandbox/counterpart/counterpart.ts";
import { envelope, META } from "./envelope.ts";
import { eventOf, isCall, respond, textResult } from "./intercept.ts";
import { startHosted, startProgram, until } from "./program.ts";

describe("in front of a hosted server of the legacy era", () => {
  let hosted: Counterpart;
  beforeEach(async () => {
    hosted = await startHosted("legacy");
  });
  const start = (): StdioDriver => startProgram(hosted);

  /** The capabilities that each session declared. */
  const declared = (): object[] =>
    hosted.seen.flatMap(({ body }) =>
      body?.method === "initialize" ? [body.params!["capabilities"] as object] : []
    );

  it("reports the link of a required visit as a failed call or as an error, to fit the request", async () => {
    const url = "https://imgwire.dev/billing";
    const data = { elicitations: [{ mode: "url", message: "Please look.", url, elicitationId: "e1" }] };
    const error = { code: -32042, message: "See the page first.", data };
    hosted.intercept = (_req, res, seen) =>
      ["tools/call", "prompts/get"].includes(seen.body?.method ?? "") && respond(res, seen, { error });
    const agent = start();
    const text = expect.stringContaining(url) as string;
    const { result } = await agent.call("note", { text: "x" }, META);
    expect(result).toMatchObject({ isError: true, content: [{ text }] });
    const prompt = await agent.request("prompts/get", { name: "greet", _meta: META });
    expect(prompt.error).toMatchObject({ code: -32603, message: text });
  });

  // MCP 2025-11-25 and 2026-07-28, schema, resources/updated: the URI may be that of a sub-resource.
  it("notifies a modern agent of changes in and below the resources that it subscribed to, and of no others", async () => {
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
    const updates = agent.messages.filter(({ method }) => method === "notifications/resources/updated");
    expect(updates.map(({ params }) => params?.["uri"])).toEqual([
      "test://note/part",
      "test://folder/file",
      "test://note"
    ]);
  });

  it("fails a call whose response can't be translated to the other era, even if it came on the notification stream", async () => {
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

  it("keeps a modern agent's subscription that is ended and immediately opened again", async () => {
    const agent = start();
    await agent.call("echo", { text: "x" }, META);
    const notifications = { resourceSubscriptions: ["test://note"] };
    const listen = async (id: number): Promise<void> => {
      const acknowledged = agent.notification("notifications/subscriptions/acknowledged");
      agent.send({ id, method: "subscriptions/listen", params: { notifications, _meta: META } });
      await acknowledged;
    };
    await listen(100);
    // The server handles other requests before it ends the subscription.
    let unsubscribe: (() => void) | undefined;
    hosted.intercept = (_req, res, seen) => {
      if (seen.body?.method !== "resources/unsubscribe") return false;
      unsubscribe = () => {
        hosted.subscribed.delete("test://note");
        respond(res, seen, { result: {} });
      };
      return true;
    };
    agent.send({ method: "notifications/cancelled", params: { requestId: 100 } });
    await until(() => unsubscribe !== undefined);
    const listening = listen(101);
    await agent.request("server/discover", { _meta: META });
    unsubscribe!();
    await listening;
    expect(hosted.subscribed).toContain("test://note");
  });

  /**
   * Answers calls of `note` with a stream of two questions, withdraws the second, and then sends the result.
   */
  function askTwice(): void {
    const params = { message: "Your name?", requestedSchema: { type: "object", properties: {} } };
    const ask = (id: string): object => ({ id, method: "elicitation/create", params });
    hosted.intercept = (_req, res, seen) => {
      if (!isCall(seen, "note")) return false;
      res.writeHead(200, { "content-type": "text/event-stream" });
      const withdrawn = { method: "notifications/cancelled", params: { requestId: "second" } };
      res.write([ask("first"), ask("second"), withdrawn].map(eventOf).join(""));
      void until(() => hosted.seen.some(({ body }) => body?.id === "first")).then(() =>
        res.end(eventOf({ id: seen.body!.id, result: textResult("noted") }))
      );
      return true;
    };
  }

  it("doesn't ask a legacy agent a question that has already been withdrawn", async () => {
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

  // MCP 2026-07-28, basic/index, requests: an id may be reused once its request has been answered.
  it("keeps calls with the same id distinct if the first was answered with a question", async () => {
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

  // A modern client declares its capabilities in each request, a legacy client once per session.
  it("opens a new session for a later request's capabilities, and lets earlier requests end in their own", async () => {
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
    expect(declared()).toEqual([{}, { elicitation: {} }, { elicitation: {}, sampling: {}, roots: {} }]);

    const { inputRequests, requestState } = asked.result as { inputRequests: object; requestState: string };
    const [key] = Object.keys(inputRequests);
    const inputResponses = { [key!]: { action: "accept", content: { name: "Robin" } } };
    const retry = { name: "ask", arguments: {}, inputResponses, requestState, _meta: elicitation };
    const { result } = await agent.request("tools/call", retry);
    expect(result).toMatchObject({ content: [{ text: "hello Robin" }] });

    // The session of `ask` has ended with its call; the one of `wait` ends with the cancellation.
    agent.send({ method: "notifications/cancelled", params: { requestId: "waiting" } });
    await until(() => hosted.cancelled.length === 1);
    await until(() => hosted.seen.filter(({ method }) => method === "DELETE").length === 2);
  });
});
