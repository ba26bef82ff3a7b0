import type { ServerResponse } from "node:http";
import { ElicitRequestSchema } from "@modelcontextprotocol/sdk/types.js";
import { beforeEach, describe, expect, it } from "vitest";
import type { Message, StdioDriver } from "../../sandbox/client/stdio-driver.ts";
import type { Counterpart, Seen } from "../../sandbox/counterpart/counterpart.ts";
import { envelope } from "./envelope.ts";
import { eventOf, isCall, respond, textResult } from "./intercept.ts";
import { startHosted, startProgram, textOf, until } from "./program.ts";

/** Links that the user must not be sent to. Each contains LURE, so that it is found wherever it turns up. */
const UNSAFE: [string, unknown][] = [
  ["javascript:", "javascript:alert('LURE')"],
  ["file:", "file:///etc/LURE"],
  ["a custom scheme", "vscode://LURE/open"],
  ["UNC", "\\\\LURE\\share"],
  ["text that looks like a flag", "--LURE"],
  ["a shell substitution", "https://example.com/$(LURE)"],
  ["a user name", "https://imgwire.dev@LURE.example/"],
  ["remote plain http", "http://LURE.example/"],
  ["control characters", "https://example.com/\u001b]8;;LURE"],
  ["not a string", { LURE: true }]
];
const SAFE = "https://imgwire.dev/billing?from=mcp";
const URL_ELICITATION = { elicitation: { form: {}, url: {} } };

let hosted: Counterpart;
let driver: StdioDriver;

type Link = { mode: "url"; message: string; url: unknown; elicitationId: string };
const link = (url: unknown): Link => ({ mode: "url", message: "Please look.", url, elicitationId: "e1" });

/** Answers calls of `note`. */
function answer(write: (res: ServerResponse, seen: Seen) => unknown): void {
  hosted.intercept = (_req, res, seen) => {
    if (!isCall(seen, "note")) return false;
    write(res, seen);
    return true;
  };
}

const required = (url: unknown): object => ({
  code: -32042,
  message: "See the page first.",
  data: { elicitations: [link(SAFE), link(url)] }
});
const inputRequired = (url: unknown): object => ({
  resultType: "input_required",
  inputRequests: { page: { method: "elicitation/create", params: link(url) } }
});

/** The agent has received the link nowhere, and the call's answer says why. */
function expectRefused(refused: Message, name: string): void {
  expect(refused.result, name).toMatchObject({ isError: true });
  expect(textOf(refused), name).toMatch(/link.*not passed on/);
  expect(driver.lines.join("\n"), name).not.toContain("LURE");
}

async function open(era: "legacy" | "modern", agent: "legacy" | "modern"): Promise<void> {
  hosted = await startHosted(era);
  driver = startProgram(hosted);
  if (agent === "legacy") await driver.initialize(URL_ELICITATION);
  await call("echo", agent);
}
const call = (name: string, agent: "legacy" | "modern"): Promise<Message> =>
  driver.call(name, { text: "x" }, agent === "modern" ? envelope(URL_ELICITATION) : undefined);

describe.each(["legacy", "modern"] as const)("a hosted server of the legacy era, for a %s agent", (agent) => {
  beforeEach(() => open("legacy", agent));

  const isAnswer = ({ body }: Seen): boolean => body?.id === "q" && !body.method;
  const ask = (url: unknown): void =>
    answer((res, { body }) => {
      res.writeHead(200, { "content-type": "text/event-stream" });
      res.write(eventOf({ id: "q", method: "elicitation/create", params: link(url) }));
      void until(() => hosted.seen.some(isAnswer)).then(() =>
        res.end(eventOf({ id: body!.id, result: textResult("seen") }))
      );
    });

  it("rejects a legacy server's elicitation with an unsafe link [mcp.safe-links]", async () => {
    for (const [name, url] of UNSAFE) {
      hosted.seen.length = 0;
      ask(url);
      expectRefused(await call("note", agent), name);
      await until(() => hosted.seen.some(isAnswer));
      expect(hosted.seen.find(isAnswer)!.body).toMatchObject({ error: { code: -32602 } });
    }
    expect(textOf(await call("echo", agent))).toBe("x");
  });

  it("rejects a legacy server's error that requires visiting an unsafe link [mcp.safe-links]", async () => {
    for (const [name, url] of UNSAFE) {
      answer((res, seen) => respond(res, seen, { error: required(url) }));
      expectRefused(await call("note", agent), name);
    }
  });

  it("passes on a legacy server's elicitation to visit an https page", async () => {
    ask(SAFE);
    if (agent === "legacy") {
      driver.onRequest = ({ params }) => ({ action: params?.["url"] === SAFE ? "accept" : "decline" });
      expect(textOf(await call("note", agent))).toBe("seen");
      expect(hosted.seen.find(isAnswer)!.body).toMatchObject({ result: { action: "accept" } });
    } else {
      const { result } = await call("note", agent);
      expect(result?.["inputRequests"]).toMatchObject({ question: { params: { url: SAFE } } });
    }
  });
});

describe.each(["legacy", "modern"] as const)("a hosted server of the modern era, for a %s agent", (agent) => {
  beforeEach(() => open("modern", agent));

  it("rejects a modern server's request to visit an unsafe link [mcp.safe-links]", async () => {
    for (const [name, url] of UNSAFE) {
      for (const sent of [{ result: inputRequired(url) }, { error: required(url) }]) {
        answer((res, seen) => respond(res, seen, sent));
        expectRefused(await call("note", agent), name);
      }
    }
  });

  it("passes on a modern server's request to visit an https page", async () => {
    answer((res, seen) => respond(res, seen, { result: inputRequired(SAFE) }));
    driver.onRequest = () => ({ action: "accept" });
    if (agent === "legacy") {
      const asked = driver.next(({ method }) => method === "elicitation/create");
      void call("note", agent);
      expect((await asked).params).toMatchObject({ url: SAFE });
    } else {
      expect((await call("note", agent)).result).toMatchObject(inputRequired(SAFE));
    }
  });
});

it("adds the id that a legacy agent's elicitation needs to a modern server's link", async () => {
  await open("modern", "legacy");
  const params = { mode: "url", message: "Please look.", url: SAFE };
  const inputRequests = { page: { method: "elicitation/create", params } };
  answer((res, seen) => respond(res, seen, { result: { resultType: "input_required", inputRequests } }));
  const asked = driver.next(({ method }) => method === "elicitation/create");
  void call("note", "legacy");
  expect(ElicitRequestSchema.parse(await asked).params).toMatchObject(params);
});

it("passes on a loopback server's link to its own page over plain http", async () => {
  await open("modern", "modern");
  const own = new URL("/page", hosted.url).href;
  answer((res, seen) => respond(res, seen, { result: inputRequired(own) }));
  expect((await call("note", "modern")).result).toMatchObject(inputRequired(own));
});
