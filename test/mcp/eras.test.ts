import { afterEach, beforeEach, expect, it } from "vitest";
import type { StdioDriver } from "../../sandbox/client/stdio-driver.ts";
import { type Counterpart, startCounterpart } from "../../sandbox/counterpart/counterpart.ts";
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

// What would not survive being parsed and written again.
const RESULT = '{"resultType":"complete","content":[],"b":12345678901234567890,"10":1.0,"9":1e2}';
it.each(["legacy", "modern"] as const)(
  "passes a %s answer to an agent of the same era verbatim, on one line",
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
] as const)("doesn't mistake a %s server that fails at first for the other era", async (era, own, other) => {
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
