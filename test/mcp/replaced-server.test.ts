import { afterEach, beforeEach, expect, it } from "vitest";
import type { StdioDriver } from "../../sandbox/client/stdio-driver.ts";
import { type Counterpart, startCounterpart } from "../../sandbox/counterpart/counterpart.ts";
import { isCall } from "./intercept.ts";
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

it.each([
  ["legacy", "modern"],
  ["modern", "legacy"]
] as const)("goes on when a %s server is replaced by a %s one [mcp.era-changes]", async (before, after) => {
  const driver = await open(before);
  const port = Number(new URL(hosted.url).port);
  await hosted.close();
  hosted = await startCounterpart(after, port);
  expect(textOf(await driver.call("echo", { text: "new" }))).toBe("new");
});

it("keeps one listen stream, and what is under way, when a modern server is opened again [mcp.era-changes]", async () => {
  hosted = await startCounterpart("modern");
  let listening = 0;
  hosted.intercept = (_req, res, seen) => {
    if (isCall(seen, "note")) return Boolean(res.writeHead(413).end());
    if (seen.body?.method !== "subscriptions/listen") return false;
    listening++;
    res.on("close", () => listening--);
    return false;
  };
  const driver = programs.start({ url: hosted.url });
  await driver.initialize();
  driver.send({ id: "waiting", method: "tools/call", params: { name: "wait", arguments: {} } });
  await until(() => listening === 1 && hosted.seen.some((seen) => isCall(seen, "wait")));
  for (const text of ["a", "b"])
    expect((await driver.call("note", { text })).result).toMatchObject({ isError: true });
  expect(textOf(await driver.call("echo", { text: "x" }))).toBe("x");
  await until(() => listening === 1);
  // What was under way is not given up with the connection it is under way on.
  driver.send({ method: "notifications/cancelled", params: { requestId: "waiting" } });
  await until(() => hosted.cancelled.length === 1);
  expect(driver.messages.some(({ id }) => id === "waiting")).toBe(false);
});

it("remembers a server's era for the next process, and finds out when it is wrong [mcp.era-changes]", async () => {
  const driver = await open("legacy");
  await driver.end();
  const again = programs.start({ url: hosted.url });
  hosted.seen.length = 0;
  await again.initialize();
  await again.call("echo", { text: "x" });
  expect(hosted.seen.some(({ body }) => body?.method === "server/discover")).toBe(false);
  await again.end();
  const port = Number(new URL(hosted.url).port);
  await hosted.close();
  hosted = await startCounterpart("modern", port);
  const third = programs.start({ url: hosted.url });
  await third.initialize();
  expect(textOf(await third.call("echo", { text: "modern" }))).toBe("modern");
});
