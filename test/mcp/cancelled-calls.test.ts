import type { ServerResponse } from "node:http";
import { expect, it } from "vitest";
import { isCall } from "./intercept.ts";
import { openProgram, startHosted, startProgram, textOf, until } from "./program.ts";

it.each([
  ["legacy", "initialize"],
  ["modern", "server/discover"]
] as const)(
  "doesn't send a call that was cancelled before the %s server was connected [mcp.cancelled-not-sent]",
  async (era, opening) => {
    const hosted = await startHosted(era);
    // The first process leaves a snapshot, so that the second one answers the handshake before it is
    // connected.
    await openProgram(hosted);
    let release: (() => void) | undefined;
    hosted.intercept = (_req, res, { body }) => {
      if (body?.method !== opening || release) return false;
      release = () => res.writeHead(503, { "retry-after": "0" }).end();
      return true;
    };
    const driver = startProgram(hosted);
    await driver.initialize();
    await until(() => release !== undefined);
    driver.send({ id: "gone", method: "tools/call", params: { name: "note", arguments: { text: "gone" } } });
    driver.send({ method: "notifications/cancelled", params: { requestId: "gone" } });
    const kept = driver.call("note", { text: "kept" });
    await driver.request("ping");
    release!();
    expect(textOf(await kept)).toBe("noted");
    expect(textOf(await driver.call("note", { text: "next" }))).toBe("noted");
    expect(hosted.notes).toEqual(["kept", "next"]);
  }
);

it("doesn't send a call that was cancelled while it waited for its turn [mcp.cancelled-not-sent]", async () => {
  const hosted = await startHosted("legacy");
  const driver = await openProgram(hosted);
  const held: ServerResponse[] = [];
  const cancelled: ServerResponse[] = [];
  hosted.intercept = (_req, res, seen) => {
    const waits = isCall(seen, "wait");
    if (waits) held.push(res);
    else if (seen.body?.method === "notifications/cancelled") cancelled.push(res);
    else return false;
    return true;
  };
  for (let at = 0; at < 32; at++) void driver.call("wait");
  await until(() => held.length === 32);
  driver.send({ id: "gone", method: "tools/call", params: { name: "note", arguments: { text: "gone" } } });
  const kept = driver.call("note", { text: "kept" });
  await driver.request("ping");
  driver.send({ method: "notifications/cancelled", params: { requestId: "gone" } });
  await until(() => cancelled.length === 1);
  for (const res of held) res.writeHead(500).end();
  expect(textOf(await kept)).toBe("noted");
  expect(hosted.notes).toEqual(["kept"]);
  for (const res of cancelled) res.writeHead(202).end();
});
