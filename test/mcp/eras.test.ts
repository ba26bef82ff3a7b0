import { expect, it } from "vitest";
import { META } from "./envelope.ts";
import { respond } from "./intercept.ts";
import { openProgram, startHosted, startProgram, textOf, until } from "./program.ts";

// Parsing and serialising this again would change it.
const RESULT = '{"resultType":"complete","content":[],"b":12345678901234567890,"10":1.0,"9":1e2}';
it.each(["legacy", "modern"] as const)(
  "passes a %s answer to an agent of the same era verbatim, on one line",
  async (era) => {
    const hosted = await startHosted(era);
    const agent = startProgram(hosted);
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

// A failing server may report that in JSON-RPC. If it counted as the other era, that would be remembered for
// a week.
it.each([
  ["legacy", "initialize", "server/discover"],
  ["modern", "server/discover", "initialize"]
] as const)("doesn't mistake a %s server that fails at first for the other era", async (era, own, other) => {
  const hosted = await startHosted(era);
  await (await openProgram(hosted)).end();
  hosted.seen.length = 0;
  let failures = 0;
  hosted.intercept = (_req, res, seen) => {
    if (seen.body?.method !== own || failures > 0) return false;
    failures++;
    return respond(res, seen, { error: { code: -32603, message: "Internal error" } }, 500);
  };
  const second = startProgram(hosted);
  await second.initialize();
  await until(() => failures > 0);
  // The first call may still belong to the failed attempt; it is answered when that is over.
  await second.call("echo", { text: "first" });
  expect(textOf(await second.call("echo", { text: "second" }))).toBe("second");
  expect(hosted.seen.map(({ body }) => body?.method)).not.toContain(other);
});
