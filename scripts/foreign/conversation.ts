import { setTimeout as delay } from "node:timers/promises";
import {
  Client,
  type JSONRPCMessage,
  StreamableHTTPClientTransport,
  type Transport
} from "@modelcontextprotocol/client";
import { StdioClientTransport } from "@modelcontextprotocol/client/stdio";
import { z } from "zod";
import type { McpCounterpart } from "./counterparts.ts";

type Json = Record<string, unknown>;

/** What was received during one step; messages are without their ids. */
export interface Step {
  name: string;
  /** The response to the step's request; the last step has none. */
  response: Json | undefined;
  /**
   * The server's requests, in order. Requests for the roots are in the last step, because they can arrive at
   * any time, independently of the step's request.
   */
  requests: Json[];
  /**
   * In the last step, all notifications of the conversation, sorted: those on a different stream from the
   * response may arrive at any time. Empty in the others.
   */
  notifications: Json[];
}

const ANYTHING = z.looseObject({});
const STEP_TIMEOUT_MS = 20_000;
const QUIET_MS = 1_000;
/** How many items of each list are used, enough to cover every kind. */
const MAX_ITEMS = 6;

/**
 * Has the official SDK's client request everything that a server offers, and records each message as received
 * by the transport.
 */
export async function converse(transport: Transport, counterpart: McpCounterpart): Promise<Step[]> {
  const conversation = new Conversation(transport, counterpart.era);
  try {
    await conversation.open();
    await conversation.play(counterpart);
    return await conversation.finish();
  } finally {
    await conversation.close();
  }
}

/** Makes one call, so that the program knows the server from then on. */
export async function meet(transport: Transport, { era }: McpCounterpart): Promise<void> {
  const conversation = new Conversation(transport, era);
  try {
    await conversation.open();
    await conversation.greet();
  } finally {
    await conversation.close();
  }
}

export const overHttp = (url: string): Transport => new StreamableHTTPClientTransport(new URL(url));
export const throughProgram = (args: string[], env: Record<string, string>): Transport =>
  new StdioClientTransport({ command: process.execPath, args, env, stderr: "ignore" });

class Conversation {
  readonly steps: Step[] = [];
  readonly #client: Client;
  readonly #notifications: Json[] = [];
  readonly #rootsRequests: Json[] = [];
  #step: Step = { name: "open", response: undefined, requests: [], notifications: [] };
  /** The id of the step's request, by which its response is recognised. */
  #id: unknown;

  constructor(
    private readonly transport: Transport,
    private readonly era: "legacy" | "modern"
  ) {
    this.#client = new Client(
      { name: "comparison", version: "1.0.0" },
      {
        capabilities: { elicitation: {}, sampling: {}, roots: { listChanged: true } },
        versionNegotiation: { mode: era === "modern" ? { pin: "2026-07-28" } : "legacy" }
      }
    );
    const accept = { action: "accept" as const, content: { name: "Robin" } };
    this.#client.setRequestHandler("elicitation/create", () => accept);
    this.#client.setRequestHandler("sampling/createMessage", () => ({
      model: "none",
      role: "assistant" as const,
      content: { type: "text" as const, text: "Paris" }
    }));
    this.#client.setRequestHandler("roots/list", () => ({ roots: [{ uri: "file:///project" }] }));
    this.#watch();
  }

  async open(): Promise<void> {
    await this.#client.connect(this.transport);
    if (this.era === "legacy") return this.#finish();
    // Depending on its transport, a client may not have sent this.
    await this.#ask("server/discover", {});
  }

  /** Waits for messages still in transit, and adds the step with the notifications. */
  async finish(): Promise<Step[]> {
    await delay(QUIET_MS);
    const notifications = this.#notifications.sort((a, b) =>
      JSON.stringify(a) < JSON.stringify(b) ? -1 : 1
    );
    const last = { response: undefined, requests: this.#rootsRequests, notifications };
    return [...this.steps, { name: "notifications", ...last }];
  }

  async close(): Promise<void> {
    await this.#client.close();
  }

  async greet(): Promise<void> {
    await this.#ask("tools/call", { name: "no-such-tool", arguments: {} }, "an unknown tool");
  }

  async play(counterpart: McpCounterpart): Promise<void> {
    for (const tool of await this.#list("tools/list", "tools")) {
      const name = String(tool["name"]);
      if (name in counterpart.skips) continue;
      await this.#ask("tools/call", { name, arguments: counterpart.arguments[name] ?? {} }, name);
    }
    await this.greet();
    for (const prompt of (await this.#list("prompts/list", "prompts")).slice(0, MAX_ITEMS)) {
      const asked = (prompt["arguments"] ?? []) as { name: string }[];
      const given = Object.fromEntries(asked.map(({ name }) => [name, "1"]));
      await this.#ask("prompts/get", { name: prompt["name"], arguments: given }, String(prompt["name"]));
      const ref = { type: "ref/prompt", name: prompt["name"] };
      for (const { name } of asked)
        await this.#ask("completion/complete", { ref, argument: { name, value: "R" } }, name);
    }
    for (const resource of (await this.#list("resources/list", "resources")).slice(0, MAX_ITEMS))
      await this.#ask("resources/read", { uri: resource["uri"] }, String(resource["uri"]));
    await this.#ask("resources/read", { uri: "test://none" }, "an unknown resource");
    await this.#list("resources/templates/list", "resourceTemplates");
    if (counterpart.era === "modern") return;
    await this.#ask("logging/setLevel", { level: "debug" });
    await this.#ask("ping", {});
  }

  /** Returns all pages of a list; empty if the server has no such list. */
  async #list(method: string, key: string): Promise<Json[]> {
    const items: Json[] = [];
    let cursor: unknown;
    do {
      await this.#ask(method, cursor === undefined ? {} : { cursor });
      const result = this.steps.at(-1)?.response?.["result"] as Json | undefined;
      items.push(...((result?.[key] ?? []) as Json[]));
      cursor = result?.["nextCursor"];
    } while (cursor !== undefined);
    return items;
  }

  async #ask(method: string, params: Json, what = ""): Promise<void> {
    this.#step = { name: `${method} ${what}`.trim(), response: undefined, requests: [], notifications: [] };
    this.#id = undefined;
    await this.#client
      .request({ method, params } as never, ANYTHING as never, {
        timeout: STEP_TIMEOUT_MS,
        onprogress: () => undefined
      })
      .catch((error: Error) => (this.#step.response ??= refusal(error)));
    this.#finish();
  }

  #finish(): void {
    this.steps.push(this.#step);
    this.#step = { name: "", response: undefined, requests: [], notifications: [] };
  }

  /** Sees every message before the client, which installs its own listener when it connects. */
  #watch(): void {
    let listener: Transport["onmessage"];
    Object.defineProperty(this.transport, "onmessage", {
      get: () =>
        listener &&
        ((message: JSONRPCMessage, extra?: never) => this.#record(message, () => listener!(message, extra))),
      set: (value: Transport["onmessage"]) => (listener = value)
    });
    const send = this.transport.send.bind(this.transport);
    this.transport.send = (message, options) => {
      if ("method" in message && "id" in message) this.#id = message.id;
      return send(message, options);
    };
  }

  #record(message: JSONRPCMessage, pass: () => void): void {
    const copy = JSON.parse(JSON.stringify(message)) as Json;
    const { id } = copy;
    delete copy["id"];
    if (!("method" in copy)) {
      if (id === this.#id) this.#step.response = copy;
    } else if (id === undefined) this.#notifications.push(copy);
    else if (copy["method"] === "roots/list") this.#rootsRequests.push(copy);
    else this.#step.requests.push(copy);
    pass();
  }
}

/**
 * An error that a server sends with an HTTP status never reaches the client as a message: the transport
 * throws an error with the message in its text.
 */
function refusal({ message }: Error): Json {
  const body = /\{"jsonrpc".*\}/s.exec(message)?.[0];
  if (body === undefined) return { refusedHere: message };
  const response = JSON.parse(body) as Json;
  delete response["id"];
  return response;
}
