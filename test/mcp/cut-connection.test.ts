import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { StdioDriver } from "../../sandbox/client/stdio-driver.ts";
import { type Counterpart, type Seen, startCounterpart } from "../../sandbox/counterpart/counterpart.ts";
import { interceptOnce, isCall } from "./intercept.ts";
import { Programs, textOf, until } from "./program.ts";

let hosted: Counterpart;
let programs: Programs;

beforeEach(() => {
  programs = new Programs();
});
afterEach(async () => {
  await programs.stop();
  await hosted.close();
});

async function open(era: "legacy" | "modern", start: object = {}): Promise<StdioDriver> {
  hosted = await startCounterpart(era);
  return programs.open({ url: hosted.url, ...start });
}

describe.each(["legacy", "modern"] as const)("at a %s server", (era) => {
  it("fails a call whose connection is cut, and doesn't repeat it [mcp.cut-call-not-repeated]", async () => {
    const driver = await open(era);
    let arrived = 0;
    hosted.intercept = (_req, res, seen) => {
      if (!isCall(seen, "note")) return false;
      arrived++;
      res.destroy();
      return true;
    };
    const answer = await driver.call("note", { text: "once" });
    expect(answer.result).toMatchObject({ isError: true });
    expect(textOf(answer)).toMatch(/may have been carried out/);
    expect(arrived).toBe(1);
    hosted.intercept = undefined;
    expect(textOf(await driver.call("echo", { text: "next" }))).toBe("next");
  });

  it.each([
    ["a length", { "content-length": "100" }],
    ["chunks", {}]
  ])(
    "says that a call may have run when its response, sent with %s, is cut [mcp.cut-call-not-repeated]",
    async (_with, fields) => {
      const driver = await open(era);
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
    const driver = await open(era);
    interceptOnce(
      hosted,
      ({ body }) => body?.method === "resources/read",
      (res) => res.destroy()
    );
    const answer = await driver.request("resources/read", { uri: "test://note" });
    expect(answer.result).toMatchObject({ contents: [{ text: "a note" }] });
  });

  it.each([429, 503])(
    "waits and tries again where the server answers %i with Retry-After [mcp.retry-after]",
    async (status) => {
      const driver = await open(era);
      interceptOnce(
        hosted,
        (seen) => isCall(seen, "note"),
        (res) => res.writeHead(status, { "retry-after": "0" }).end()
      );
      expect(textOf(await driver.call("note", { text: "late" }))).toBe("noted");
      expect(hosted.notes).toEqual(["late"]);
    }
  );

  it("tells the agent of a Retry-After too long to wait for [mcp.retry-after]", async () => {
    const driver = await open(era);
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
      const driver = await open(era);
      hosted.intercept = (_req, res, seen) => isCall(seen, "note") && Boolean(res.writeHead(status).end());
      const answer = await driver.call("note", { text: "x" });
      expect(answer.result).toMatchObject({ isError: true });
      expect(textOf(answer)).toMatch(/may have been carried out/);
      expect(hosted.seen.filter((seen) => isCall(seen, "note"))).toHaveLength(1);
    }
  );

  it("says that a server can't be reached, and recovers when it is back", async () => {
    const driver = await open(era);
    const port = new URL(hosted.url).port;
    await hosted.close();
    const answer = await driver.call("echo", { text: "x" });
    expect(textOf(answer)).toMatch(/can't be reached/);
    hosted = await startCounterpart(era, Number(port));
    expect(textOf(await driver.call("echo", { text: "back" }))).toBe("back");
  });
});

it("listens once and repeats no call where a modern server refuses calls with an HTTP status [mcp.cut-call-not-repeated]", async () => {
  const driver = await open("modern");
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
