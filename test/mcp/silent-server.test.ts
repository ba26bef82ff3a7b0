import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { StdioDriver } from "../../sandbox/client/stdio-driver.ts";
import { type Counterpart, startCounterpart } from "../../sandbox/counterpart/counterpart.ts";
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
  it("fails a call while a connection hangs in opening, and recovers [mcp.idle-deadline]", async () => {
    hosted = await startCounterpart(era);
    const last = era === "legacy" ? "notifications/initialized" : "server/discover";
    hosted.intercept = (_req, _res, { body }) => body?.method === last;
    const driver = programs.start({ url: hosted.url, bounds: { idleCallMs: 300 } });
    await driver.initialize();
    expect((await driver.call("echo", { text: "x" })).result).toMatchObject({ isError: true });
    hosted.intercept = undefined;
    expect(textOf(await driver.call("echo", { text: "next" }))).toBe("next");
  });

  it("gives up a call whose stream sends only comments [mcp.idle-deadline]", async () => {
    const driver = await open(era, { bounds: { idleCallMs: 300 } });
    let dripping: NodeJS.Timeout | undefined;
    interceptOnce(
      hosted,
      (seen) => isCall(seen, "note"),
      (res) => {
        res.writeHead(200, { "content-type": "text/event-stream" });
        dripping = setInterval(() => res.write(": still here\n\n"), 20);
        res.on("close", () => clearInterval(dripping));
      }
    );
    expect(textOf(await driver.call("note", { text: "x" }))).toMatch(/didn't respond/);
    clearInterval(dripping);
    expect(textOf(await driver.call("echo", { text: "next" }))).toBe("next");
  });

  it("doesn't count the time that the machine slept against a call [mcp.idle-deadline]", async () => {
    const driver = await open(era, { bounds: { idleCallMs: 300 } });
    let respond: (() => void) | undefined;
    interceptOnce(
      hosted,
      (seen) => isCall(seen, "note"),
      (res, { body }) => {
        respond = () => {
          const result = { resultType: "complete", content: [{ type: "text", text: "meanwhile" }] };
          res.writeHead(200, { "content-type": "application/json" });
          res.end(JSON.stringify({ jsonrpc: "2.0", id: body?.id, result }));
        };
      }
    );
    const answer = driver.call("note", { text: "x" });
    await until(() => respond !== undefined);
    driver.child.kill("SIGSTOP");
    respond!();
    await new Promise((resolve) => setTimeout(resolve, 900));
    driver.child.kill("SIGCONT");
    expect(textOf(await answer)).toBe("meanwhile");
  });

  it("doesn't count the time that the agent takes to answer against a call [mcp.idle-deadline]", async () => {
    hosted = await startCounterpart(era);
    const driver = programs.start({ url: hosted.url, bounds: { idleCallMs: 300 } });
    await driver.initialize({ elicitation: {} });
    const asked = driver.next(({ method }) => method === "elicitation/create");
    const answer = driver.call("ask");
    const { id } = await asked;
    // Its time would be up before that of a call that comes later.
    expect(textOf(await driver.call("wait"))).toMatch(/didn't respond/);
    driver.send({ id, result: { action: "accept", content: { name: "Robin" } } });
    expect(textOf(await answer)).toMatch(/^hello Robin/);
  });
});
