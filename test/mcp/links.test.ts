import type { ServerResponse } from "node:http";
import { ElicitRequestSchema } from "@modelcontextprotocol/sdk/types.js";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Message, StdioDriver } from "../../sandbox/client/stdio-driver.ts";
import { type Counterpart, startCounterpart } from "../../sandbox/counterpart/counterpart.ts";
import { Programs, textOf, until } from "./program.ts";

/** Links that nobody must be sent to; the word names them wherever they might turn up. */
const BAD: [string, unknown][] = [
  ["javascript:", "javascript:alert('LURE')"],
  ["file:", "file:///etc/LURE"],
  ["a scheme of its own", "vscode://LURE/open"],
  ["UNC", "\\\\LURE\\share"],
  ["what a program takes for a flag", "--LURE"],
  ["a shell's substitution", "https://example.com/$(LURE)"],
  ["a user name", "https://imgwire.dev@LURE.example/"],
  ["remote plain http", "http://LURE.example/"],
  ["control characters", "https://example.com/\u001b]8;;LURE"],
  ["no text", { LURE: true }]
];
const MODERN = {
  "io.modelcontextprotocol/protocolVersion": "2026-07-28",
  "io.modelcontextprotocol/clientInfo": { name: "driver", version: "1.0.0" },
  "io.modelcontextprotocol/clientCapabilities": { elicitation: { form: {}, url: {} } }
};
const GOOD = "https://imgwire.dev/billing?from=mcp";

let hosted: Counterpart;
let programs: Programs;
let driver: StdioDriver;

afterEach(async () => {
  await programs.stop();
  await hosted.close();
});

type Link = { mode: "url"; message: string; url: unknown; elicitationId: string };
const link = (url: unknown): Link => ({ mode: "url", message: "Please look.", url, elicitationId: "e1" });

/** Answers calls of `note` with what `write` makes of the call's id. */
function answer(write: (res: ServerResponse, id: unknown) => void): void {
  hosted.intercept = (_req, res, { body }) => {
    if (body?.method !== "tools/call" || body.params?.["name"] !== "note") return false;
    write(res, body.id);
    return true;
  };
}
const json = (res: ServerResponse, message: object): void =>
  void res
    .writeHead(200, { "content-type": "application/json" })
    .end(JSON.stringify({ jsonrpc: "2.0", ...message }));

const required = (url: unknown): object => ({
  code: -32042,
  message: "See the page first.",
  data: { elicitations: [link(GOOD), link(url)] }
});
const wanted = (url: unknown): object => ({
  resultType: "input_required",
  inputRequests: { page: { method: "elicitation/create", params: link(url) } }
});

/** The link is nowhere in what the agent was sent, and the call's answer says why. */
function expectRefused(refused: Message, name: string): void {
  expect(refused.result, name).toMatchObject({ isError: true });
  expect(textOf(refused), name).toMatch(/link.*not passed on/);
  expect(driver.lines.join("\n"), name).not.toContain("LURE");
}

async function open(era: "legacy" | "modern", agent: "legacy" | "modern"): Promise<void> {
  programs = new Programs();
  hosted = await startCounterpart(era);
  driver = programs.start({ url: hosted.url });
  if (agent === "legacy") await driver.initialize({ elicitation: { form: {}, url: {} } });
  await call("echo", agent);
}
const call = (name: string, agent: "legacy" | "modern"): Promise<Message> =>
  driver.call(name, { text: "x" }, agent === "modern" ? MODERN : undefined);

describe.each(["legacy", "modern"] as const)("a hosted server of the legacy era, for a %s agent", (agent) => {
  beforeEach(() => open("legacy", agent));

  const isAnswer = ({ body }: Counterpart["seen"][number]): boolean => body?.id === "q" && !body.method;
  const ask = (url: unknown): void =>
    answer((res, id) => {
      res.writeHead(200, { "content-type": "text/event-stream" });
      const question = { jsonrpc: "2.0", id: "q", method: "elicitation/create", params: link(url) };
      res.write(`data: ${JSON.stringify(question)}\n\n`);
      void until(() => hosted.seen.some(isAnswer)).then(() => {
        const result = { content: [{ type: "text", text: "seen" }] };
        res.end(`data: ${JSON.stringify({ jsonrpc: "2.0", id, result })}\n\n`);
      });
    });

  it("refuses to elicit a visit to an unsafe link [mcp.safe-links]", async () => {
    for (const [name, url] of BAD) {
      hosted.seen.length = 0;
      ask(url);
      expectRefused(await call("note", agent), name);
      await until(() => hosted.seen.some(isAnswer));
      expect(hosted.seen.find(isAnswer)!.body).toMatchObject({ error: { code: -32602 } });
    }
    expect(textOf(await call("echo", agent))).toBe("x");
  });

  it("refuses to require a visit to an unsafe link [mcp.safe-links]", async () => {
    for (const [name, url] of BAD) {
      answer((res, id) => json(res, { id, error: required(url) }));
      expectRefused(await call("note", agent), name);
    }
  });

  it("passes on an elicitation to visit an https page", async () => {
    ask(GOOD);
    if (agent === "legacy") {
      driver.onRequest = ({ params }) => ({ action: params?.["url"] === GOOD ? "accept" : "decline" });
      expect(textOf(await call("note", agent))).toBe("seen");
      expect(hosted.seen.find(isAnswer)!.body).toMatchObject({ result: { action: "accept" } });
    } else {
      const { result } = await call("note", agent);
      expect(result?.["inputRequests"]).toMatchObject({ question: { params: { url: GOOD } } });
    }
  });
});

describe.each(["legacy", "modern"] as const)("a hosted server of the modern era, for a %s agent", (agent) => {
  beforeEach(() => open("modern", agent));

  it("doesn't send the user to an unsafe link from a modern server [mcp.safe-links]", async () => {
    for (const [name, url] of BAD) {
      for (const sent of [{ result: wanted(url) }, { error: required(url) }]) {
        answer((res, id) => json(res, { id, ...sent }));
        expectRefused(await call("note", agent), name);
      }
    }
  });

  it("passes on a modern server's request to visit an https page", async () => {
    answer((res, id) => json(res, { id, result: wanted(GOOD) }));
    driver.onRequest = () => ({ action: "accept" });
    if (agent === "legacy") {
      const asked = driver.next(({ method }) => method === "elicitation/create");
      void call("note", agent);
      expect((await asked).params).toMatchObject({ url: GOOD });
    } else {
      expect((await call("note", agent)).result).toMatchObject(wanted(GOOD));
    }
  });
});

it("gives a modern server's link the id that a legacy agent's elicitation needs", async () => {
  await open("modern", "legacy");
  const params = { mode: "url", message: "Please look.", url: GOOD };
  const inputRequests = { page: { method: "elicitation/create", params } };
  answer((res, id) => json(res, { id, result: { resultType: "input_required", inputRequests } }));
  const asked = driver.next(({ method }) => method === "elicitation/create");
  void call("note", "legacy");
  expect(ElicitRequestSchema.parse(await asked).params).toMatchObject(params);
});

it("lets a loopback server send the user to its own page over plain http", async () => {
  await open("modern", "modern");
  const own = new URL("/page", hosted.url).href;
  answer((res, id) => json(res, { id, result: wanted(own) }));
  expect((await call("note", "modern")).result).toMatchObject(wanted(own));
});
