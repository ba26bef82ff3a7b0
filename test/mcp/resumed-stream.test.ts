import { expect, it } from "vitest";
import type { Seen } from "../../sandbox/counterpart/counterpart.ts";
import { interceptOnce, isCall } from "./intercept.ts";
import { openProgram, startHosted, textOf, until } from "./program.ts";

it("resumes a cut stream from its last event id [mcp.stream-resumed]", async () => {
  const hosted = await startHosted("legacy");
  const driver = await openProgram(hosted);
  let id: unknown;
  hosted.intercept = (req, res, seen) => {
    if (isCall(seen, "note")) {
      id = seen.body!.id;
      res.writeHead(200, { "content-type": "text/event-stream" });
      res.end("id: 7\nretry: 10\ndata: \n\n");
      return true;
    }
    if (req.headers["last-event-id"] !== "7") return false;
    res.writeHead(200, { "content-type": "text/event-stream" });
    const result = { content: [{ type: "text", text: "resumed" }] };
    res.end(`id: 8\ndata: ${JSON.stringify({ jsonrpc: "2.0", id, result })}\n\n`);
    return true;
  };
  expect(textOf(await driver.call("note", { text: "x" }))).toBe("resumed");
  expect(hosted.seen.filter((seen) => isCall(seen, "note"))).toHaveLength(1);
});

it.each([
  ["requires a sign-in", 401, {}],
  ["has forgotten the stream", 404, {}],
  ["answers 429", 429, { "retry-after": "3600" }]
])(
  "says that a call may have run if the server %s when its stream is resumed [mcp.stream-resumed]",
  async (_what, status, fields) => {
    const hosted = await startHosted("legacy");
    const driver = await openProgram(hosted);
    hosted.intercept = (req, res, seen) => {
      if (isCall(seen, "note")) {
        res.writeHead(200, { "content-type": "text/event-stream" }).end("id: 7\nretry: 10\ndata: \n\n");
        return true;
      }
      return req.headers["last-event-id"] === "7" && Boolean(res.writeHead(status, fields).end());
    };
    expect(textOf(await driver.call("note", { text: "x" }))).toMatch(/may have been carried out/);
    expect(hosted.seen.filter((seen) => isCall(seen, "note"))).toHaveLength(1);
  }
);

it("resumes a cut stream in the session that it started in, even if another one is open [mcp.stream-resumed]", async () => {
  const hosted = await startHosted("legacy");
  const driver = await openProgram(hosted);
  let cut: (() => void) | undefined;
  interceptOnce(
    hosted,
    (seen) => isCall(seen, "note"),
    (res) => {
      res.writeHead(200, { "content-type": "text/event-stream" }).write("id: 7\nretry: 10\ndata: \n\n");
      cut = () => res.end();
    }
  );
  const answer = driver.call("note", { text: "x" });
  await until(() => cut !== undefined);
  hosted.forget();
  await driver.call("echo", { text: "in another session" });
  cut!();
  expect(textOf(await answer)).toMatch(/may have been carried out/);
  const sessionOf = (seen: Seen | undefined): unknown => seen?.headers["mcp-session-id"];
  const resumed = hosted.seen.find(({ headers }) => headers["last-event-id"] === "7");
  expect(sessionOf(resumed)).toBe(sessionOf(hosted.seen.find((seen) => isCall(seen, "note"))));
});
