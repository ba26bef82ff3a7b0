import { expect, it } from "vitest";
import { isCall } from "./intercept.ts";
import { openProgram, startHosted, startProgram, textOf, until } from "./program.ts";

it.each([
  ["legacy", "modern"],
  ["modern", "legacy"]
] as const)(
  "continues to work when a %s server is replaced by a %s one [mcp.era-changes]",
  async (before, after) => {
    const hosted = await startHosted(before);
    const driver = await openProgram(hosted);
    await hosted.close();
    await startHosted(after, Number(new URL(hosted.url).port));
    expect(textOf(await driver.call("echo", { text: "new" }))).toBe("new");
  }
);

it("keeps one listen stream and the pending calls when the connection to a modern server is reopened [mcp.era-changes]", async () => {
  const hosted = await startHosted("modern");
  let listening = 0;
  hosted.intercept = (_req, res, seen) => {
    if (isCall(seen, "note")) return Boolean(res.writeHead(413).end());
    if (seen.body?.method !== "subscriptions/listen") return false;
    listening++;
    res.on("close", () => listening--);
    return false;
  };
  const driver = startProgram(hosted);
  await driver.initialize();
  driver.send({ id: "waiting", method: "tools/call", params: { name: "wait", arguments: {} } });
  await until(() => listening === 1 && hosted.seen.some((seen) => isCall(seen, "wait")));
  for (const text of ["a", "b"])
    expect((await driver.call("note", { text })).result).toMatchObject({ isError: true });
  expect(textOf(await driver.call("echo", { text: "x" }))).toBe("x");
  await until(() => listening === 1);
  // The pending call has survived the connection that it was sent on.
  driver.send({ method: "notifications/cancelled", params: { requestId: "waiting" } });
  await until(() => hosted.cancelled.length === 1);
  expect(driver.messages.some(({ id }) => id === "waiting")).toBe(false);
});

it("remembers a server's era for the next process, and notices if that is wrong [mcp.era-changes]", async () => {
  const hosted = await startHosted("legacy");
  const first = await openProgram(hosted);
  await first.end();
  hosted.seen.length = 0;
  const second = await openProgram(hosted);
  expect(hosted.seen.some(({ body }) => body?.method === "server/discover")).toBe(false);
  await second.end();
  await hosted.close();
  await startHosted("modern", Number(new URL(hosted.url).port));
  const third = await openProgram(hosted);
  expect(textOf(await third.call("echo", { text: "modern" }))).toBe("modern");
});
