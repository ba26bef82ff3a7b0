import { beforeEach, describe, expect, it } from "vitest";
import type { Message, StdioDriver } from "../../sandbox/client/stdio-driver.ts";
import type { Counterpart, Seen } from "../../sandbox/counterpart/counterpart.ts";
import { STATE } from "../../sandbox/counterpart/modern.ts";
import { envelope } from "./envelope.ts";
import { isCall, respond } from "./intercept.ts";
import { startHosted, startProgram, until } from "./program.ts";

const ERAS = ["legacy", "modern"] as const;
const CAPABILITIES = { elicitation: { form: {} }, sampling: {}, roots: {} };
const META = "io.modelcontextprotocol/";

/**
 * An agent of either era in front of the built program. It makes the same requests, as its era writes them.
 */
class Agent {
  readonly driver: StdioDriver;
  #id = 100;

  constructor(
    readonly era: "legacy" | "modern",
    hosted: Counterpart
  ) {
    this.driver = startProgram(hosted);
    this.driver.onRequest = (request) => answerTo(request);
  }

  /** The `_meta` of a request. */
  meta(more: object = {}): object {
    return this.era === "legacy" ? more : { ...envelope(CAPABILITIES), ...more };
  }

  async open(): Promise<Message> {
    if (this.era === "legacy") return this.driver.initialize(CAPABILITIES);
    return this.driver.request("server/discover", { _meta: this.meta() });
  }

  send(method: string, params: object = {}, meta?: object): { id: number; answer: Promise<Message> } {
    const id = this.#id++;
    return { id, answer: this.driver.request(method, { ...params, _meta: this.meta(meta) }, id) };
  }

  /** Makes a request and, in the modern era, the retries for which its answers require input. */
  async request(method: string, params: object = {}, meta?: object): Promise<Message> {
    let answer = await this.send(method, params, meta).answer;
    while (answer.result?.["resultType"] === "input_required") {
      const { inputRequests = {}, requestState } = answer.result as {
        inputRequests?: Record<string, Message>;
        requestState?: string;
      };
      const inputResponses = Object.fromEntries(
        Object.entries(inputRequests).map(([key, question]) => [key, answerTo(question)])
      );
      const retry = { ...params, inputResponses, ...(requestState !== undefined && { requestState }) };
      answer = await this.send(method, retry, meta).answer;
    }
    return answer;
  }

  call(name: string, args: object = {}, meta?: object): Promise<Message> {
    return this.request("tools/call", { name, arguments: args }, meta);
  }

  async text(name: string, args?: object, meta?: object): Promise<string> {
    const { result } = await this.call(name, args, meta);
    return (result as { content: { text: string }[] }).content[0]!.text;
  }
}

function answerTo(request: Message): Record<string, unknown> | undefined {
  switch (request.method) {
    case "elicitation/create":
      return { action: "accept", content: { name: "Robin" } };
    case "sampling/createMessage":
      return { model: "test-model", role: "assistant", content: { type: "text", text: "Paris" } };
    case "roots/list":
      return { roots: [{ uri: "file:///project" }] };
    default:
      return undefined;
  }
}

describe.each(ERAS)("an agent of the %s era", (agentEra) => {
  describe.each(ERAS)("with a hosted server of the %s era", (hostedEra) => {
    let hosted: Counterpart;
    let agent: Agent;

    beforeEach(async () => {
      hosted = await startHosted(hostedEra);
      agent = new Agent(agentEra, hosted);
      await agent.open();
    });

    it("shows the hosted server's own capabilities and tools on first contact", async () => {
      const { result } = await agent.request("tools/list");
      const names = (result as { tools: { name: string }[] }).tools.map(({ name }) => name);
      expect(names).toEqual(["echo", "note", "broken", "ask", "ask_all", "progress", "wait"]);
      const opened = agent.driver.messages[0]!.result as { capabilities: object };
      expect(opened.capabilities).toMatchObject({
        tools: { listChanged: true },
        resources: { subscribe: true }
      });
    });

    it("passes on calls, errors, resources and prompts", async () => {
      expect(await agent.text("echo", { text: "héllo \u2028 wörld" })).toBe("héllo \u2028 wörld");
      expect((await agent.call("broken")).result).toMatchObject({ isError: true });
      const unknown = await agent.request("resources/read", { uri: "test://none" });
      expect(unknown.error?.code).toBe(-32602);
      const { result } = await agent.request("resources/read", { uri: "test://note" });
      expect(result).toMatchObject({ contents: [{ text: "a note" }] });
      const prompt = await agent.request("prompts/get", { name: "greet" });
      expect(prompt.result).toMatchObject({ messages: [{ role: "user" }] });
    });

    it("writes results in the agent's era", async () => {
      const { result } = await agent.call("echo", { text: "x" });
      const list = (await agent.request("resources/list")).result!;
      if (agentEra === "modern") {
        expect(result).toMatchObject({ resultType: "complete" });
        expect(list).toMatchObject({
          ttlMs: expect.any(Number) as number,
          cacheScope: expect.any(String) as string
        });
      }
      expect(list).toMatchObject({
        resources: [{ uri: "test://note" }, { uri: "skill://imgwire/SKILL.md" }]
      });
    });

    it("passes the server's questions to the agent and returns the answers", async () => {
      const state = hostedEra === "modern" ? ` ${STATE}` : "";
      expect(await agent.text("ask")).toBe(`hello Robin${state}`);
      expect(await agent.text("ask_all")).toBe("test-model file:///project");
    });

    it("answers several questions for several calls at once", async () => {
      const all = await Promise.all(Array.from({ length: 8 }, () => agent.text("ask")));
      expect(all.every((each) => each.startsWith("hello Robin"))).toBe(true);
    });

    it("passes on progress with the agent's own token, whether it is 0 or a string", async () => {
      for (const progressToken of [0, "token"]) {
        agent.driver.messages.length = 0;
        await agent.call("progress", {}, { progressToken });
        const notified = agent.driver.messages.filter(({ method }) => method === "notifications/progress");
        expect(notified.map(({ params }) => params)).toEqual(
          [1, 2, 3].map((progress) => expect.objectContaining({ progressToken, progress }) as object)
        );
      }
    });

    it("passes on log messages to an agent that requested them", async () => {
      if (agentEra === "legacy") await agent.driver.request("logging/setLevel", { level: "info" });
      const logged = agent.driver.notification("notifications/message");
      await agent.call("progress", {}, agentEra === "modern" ? { [`${META}logLevel`]: "info" } : {});
      expect((await logged).params).toMatchObject({ level: "warning", data: "careful" });
    });

    it("passes a cancellation on to the server and doesn't answer the cancelled call", async () => {
      const { id } = agent.send("tools/call", { name: "wait", arguments: {} });
      await until(() => hosted.seen.some((seen) => isCall(seen, "wait")));
      agent.driver.send({ method: "notifications/cancelled", params: { requestId: id } });
      await until(() => hosted.cancelled.length === 1);
      expect(await agent.text("echo", { text: "next" })).toBe("next");
      expect(agent.driver.messages.filter((message) => message.id === id)).toEqual([]);
    });

    it("answers requests with the ids 0, an empty string and a string of digits", async () => {
      for (const id of [0, "", "1"]) {
        const params = { name: "echo", arguments: { text: String(id) }, _meta: agent.meta() };
        expect(await agent.driver.request("tools/call", params, id)).toMatchObject({ id });
      }
    });

    it("notifies the agent of new tools and lists them", async () => {
      await agent.request("tools/list");
      const listening = await listen(agent, { toolsListChanged: true });
      const changed = agent.driver.notification("notifications/tools/list_changed");
      await until(() => hosted.seen.some(isListening));
      hosted.grow();
      expect(subscriptionOf(await changed)).toBe(listening);
      const { result } = await agent.request("tools/list");
      expect((result as { tools: { name: string }[] }).tools.map(({ name }) => name)).toContain("grown");
    });

    it("notifies the agent of tools that are newer than the list that is being read", async () => {
      const uri = "test://note";
      const tools: unknown = (await agent.request("tools/list")).result!["tools"];
      if (agentEra === "legacy") await agent.driver.request("resources/subscribe", { uri });
      await listen(agent, { toolsListChanged: true, resourceSubscriptions: [uri] });
      await until(() => (hosted.touch(uri), agent.driver.messages.some(isUpdate)));
      let answer: (() => void) | undefined;
      hosted.intercept = (_req, res, seen) => {
        if (seen.body?.method !== "tools/list" || answer) return false;
        const result = { resultType: "complete", tools, ttlMs: 0, cacheScope: "private" };
        answer = () => respond(res, seen, { result });
        return true;
      };
      // A list that was received but not shown yet is shown without asking the server.
      await until(() => (void agent.request("tools/list"), answer !== undefined));
      const changed = agent.driver.notification("notifications/tools/list_changed");
      hosted.grow();
      // The update comes after the notification of the new tools, so that has arrived by then.
      agent.driver.messages.length = 0;
      await until(() => (hosted.touch(uri), agent.driver.messages.some(isUpdate)));
      answer!();
      await changed;
    });

    it("notifies the agent of changes to a resource that it has subscribed to", async () => {
      const uri = "test://note";
      await agent.call("echo", { text: "open" });
      if (agentEra === "legacy") await agent.driver.request("resources/subscribe", { uri });
      const listening = await listen(agent, { resourceSubscriptions: [uri] });
      await until(() => hosted.subscribed.has(uri) || hosted.seen.some((seen) => listensTo(seen, uri)));
      const updated = agent.driver.notification("notifications/resources/updated");
      await until(() => (hosted.touch(uri), agent.driver.messages.some(isUpdate)));
      const message = await updated;
      expect(message.params).toMatchObject({ uri });
      expect(subscriptionOf(message)).toBe(listening);
    });

    it("misses no change after confirming a subscription", async () => {
      const uri = "test://note";
      await agent.call("echo", { text: "open" });
      await until(() => hosted.seen.some(isListening));
      const updated = agent.driver.notification("notifications/resources/updated");
      if (agentEra === "legacy") await agent.driver.request("resources/subscribe", { uri });
      await listen(agent, { resourceSubscriptions: [uri] });
      hosted.touch(uri);
      expect((await updated).params).toMatchObject({ uri });
    });

    it("ends the hosted session on exit and exits with 0", async () => {
      await agent.call("echo", { text: "x" });
      expect(await agent.driver.end()).toBe(0);
      const opened = hosted.seen.filter(({ body }) => body?.method === "initialize").length;
      const ended = hosted.seen.filter(({ method }) => method === "DELETE").length;
      expect([opened, ended]).toEqual(hostedEra === "legacy" ? [1, 1] : [opened, 0]);
    });
  });
});

/**
 * Subscribes a modern agent; a legacy one is notified anyway. @returns the id in the subscription's
 * notifications
 */
async function listen(agent: Agent, notifications: object): Promise<number | undefined> {
  if (agent.era === "legacy") return undefined;
  const acknowledged = agent.driver.notification("notifications/subscriptions/acknowledged");
  const { id } = agent.send("subscriptions/listen", { notifications });
  expect((await acknowledged).params).toMatchObject({ notifications });
  return id;
}

/** The id of the subscription that a notification belongs to. */
function subscriptionOf({ params }: Message): unknown {
  const meta = params?.["_meta"] as Record<string, unknown> | undefined;
  const id = meta?.[`${META}subscriptionId`];
  return typeof id === "number" ? id : undefined;
}

function isListening({ method, body }: Seen): boolean {
  return method === "GET" || body?.method === "subscriptions/listen";
}

function listensTo({ body }: Seen, uri: string): boolean {
  return body?.method === "subscriptions/listen" && JSON.stringify(body.params).includes(uri);
}

function isUpdate({ method }: Message): boolean {
  return method === "notifications/resources/updated";
}
