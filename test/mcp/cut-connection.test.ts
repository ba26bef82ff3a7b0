import { describe, expect, it } from "vitest";
import type { Seen } from "../../sandbox/counterpart/counterpart.ts";
import { interceptOnce, isCall } from "./intercept.ts";
import { openProgram, startHosted, textOf, until } from "./program.ts";

describe.each(["legacy", "modern"] as const)("a connection to a %s server", (era) => {
  it("fails a call whose connection is cut, and doesn't repeat it [mcp.cut-call-not-repeated]", async () => {
    const hosted = await startHosted(era);
    const driver = await openProgram(hosted);
    let calls = 0;
    hosted.intercept = (_req, res, seen) => {
      if (!isCall(seen, "note")) return false;
      calls++;
      res.destroy();
      return true;
    };
    const answer = await driver.call("note", { text: "once" });
    expect(answer.result).toMatchObject({ isError: true });
    expect(textOf(answer)).toMatch(/may have been carried out/);
    expect(calls).toBe(1);
    hosted.intercept = undefined;
    expect(textOf(await driver.call("echo", { text: "next" }))).toBe("next");
  });

  it.each([
    ["Content-Length", { "content-length": "100" }],
    ["chunked encoding", {}]
  ])(
    "says that a call may have run if its response with %s is cut off [mcp.cut-call-not-repeated]",
    async (_with, fields) => {
      const hosted = await startHosted(era);
      const driver = await openProgram(hosted);
      interceptOnce(
        hosted,
        (seen) => isCall(seen, "note"),
        (res) => {
          res.writeHead(200, { "content-type": "application/json", ...fields });
          res.write('{"jsonrpc":', () => res.destroy());
        }
      );
      expect(textOf(await driver.call("note", { text: "x" }))).toMatch(/may have been carried out/);
      expect(hosted.seen.filter((seen) => isCall(seen, "note"))).toHaveLength(1);
    }
  );

  it("repeats a read whose connection is cut [mcp.cut-call-not-repeated]", async () => {
    const hosted = await startHosted(era);
    const driver = await openProgram(hosted);
    interceptOnce(
      hosted,
      ({ body }) => body?.method === "resources/read",
      (res) => res.destroy()
    );
    const answer = await driver.request("resources/read", { uri: "test://note" });
    expect(answer.result).toMatchObject({ contents: [{ text: "a note" }] });
  });

  it.each([429, 503])(
    "waits and retries if the server answers %i with Retry-After [mcp.retry-after]",
    async (status) => {
      const hosted = await startHosted(era);
      const driver = await openProgram(hosted);
      interceptOnce(
        hosted,
        (seen) => isCall(seen, "note"),
        (res) => res.writeHead(status, { "retry-after": "0" }).end()
      );
      expect(textOf(await driver.call("note", { text: "late" }))).toBe("noted");
      expect(hosted.notes).toEqual(["late"]);
    }
  );

  it("reports a Retry-After that is too long to wait for [mcp.retry-after]", async () => {
    const hosted = await startHosted(era);
    const driver = await openProgram(hosted);
    interceptOnce(
      hosted,
      (seen) => isCall(seen, "note"),
      (res) => res.writeHead(429, { "retry-after": "3600" }).end()
    );
    expect(textOf(await driver.call("note", { text: "x" }))).toMatch(/Try again in 3600 seconds/);
    expect(hosted.notes).toEqual([]);
  });

  it.each([502, 503, 504])(
    "doesn't repeat a call answered with %i, and says that it may have run [mcp.cut-call-not-repeated]",
    async (status) => {
      const hosted = await startHosted(era);
      const driver = await openProgram(hosted);
      hosted.intercept = (_req, res, seen) => isCall(seen, "note") && Boolean(res.writeHead(status).end());
      const answer = await driver.call("note", { text: "x" });
      expect(answer.result).toMatchObject({ isError: true });
      expect(textOf(answer)).toMatch(/may have been carried out/);
      expect(hosted.seen.filter((seen) => isCall(seen, "note"))).toHaveLength(1);
    }
  );

  it("says that a server can't be reached, and works again when the server is back", async () => {
    const hosted = await startHosted(era);
    const driver = await openProgram(hosted);
    const port = Number(new URL(hosted.url).port);
    await hosted.close();
    const answer = await driver.call("echo", { text: "x" });
    expect(textOf(answer)).toMatch(/can't be reached/);
    await startHosted(era, port);
    expect(textOf(await driver.call("echo", { text: "back" }))).toBe("back");
  });
});

it("keeps one listen stream and repeats no call if a modern server refuses calls with an HTTP status [mcp.cut-call-not-repeated]", async () => {
  const hosted = await startHosted("modern");
  const driver = await openProgram(hosted);
  const listens = ({ body }: Seen): boolean => body?.method === "subscriptions/listen";
  await until(() => hosted.seen.some(listens));
  hosted.cut();
  let listening = 0;
  hosted.intercept = (_req, res, seen) => {
    if (listens(seen)) {
      listening++;
      res.on("close", () => listening--);
    }
    return isCall(seen, "note") && Boolean(res.writeHead(413).end("too large"));
  };
  await until(() => listening === 1);
  for (let at = 0; at < 3; at++)
    expect(textOf(await driver.call("note", { text: "x" }))).toMatch(/status 413/);
  await until(() => hosted.seen.filter(listens).length >= 4 && listening === 1);
  expect(hosted.seen.filter((seen) => isCall(seen, "note"))).toHaveLength(3);
});
