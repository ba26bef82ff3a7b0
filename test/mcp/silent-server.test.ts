import { describe, expect, it } from "vitest";
import { interceptOnce, isCall, respond, textResult } from "./intercept.ts";
import { openProgram, startHosted, startProgram, textOf, until } from "./program.ts";

describe.each(["legacy", "modern"] as const)("a silent %s server", (era) => {
  it("fails a call if the connection hangs while it is opened, and the next call works [mcp.idle-deadline]", async () => {
    const hosted = await startHosted(era);
    const last = era === "legacy" ? "notifications/initialized" : "server/discover";
    hosted.intercept = (_req, _res, { body }) => body?.method === last;
    const driver = startProgram(hosted, { bounds: { idleCallMs: 300 } });
    await driver.initialize();
    expect((await driver.call("echo", { text: "x" })).result).toMatchObject({ isError: true });
    hosted.intercept = undefined;
    expect(textOf(await driver.call("echo", { text: "next" }))).toBe("next");
  });

  it("gives up a call whose stream sends only comments [mcp.idle-deadline]", async () => {
    const hosted = await startHosted(era);
    const driver = await openProgram(hosted, { bounds: { idleCallMs: 300 } });
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

  it("doesn't count time that the machine sleeps towards the idle timeout [mcp.idle-deadline]", async () => {
    const hosted = await startHosted(era);
    const driver = await openProgram(hosted, { bounds: { idleCallMs: 300 } });
    let answer: (() => void) | undefined;
    interceptOnce(
      hosted,
      (seen) => isCall(seen, "note"),
      (res, seen) => {
        const result = { resultType: "complete", ...textResult("meanwhile") };
        answer = () => respond(res, seen, { result });
      }
    );
    const answered = driver.call("note", { text: "x" });
    await until(() => answer !== undefined);
    driver.child.kill("SIGSTOP");
    answer!();
    // Stopped for three times the idle timeout, as a sleeping machine is.
    await new Promise((resolve) => setTimeout(resolve, 900));
    driver.child.kill("SIGCONT");
    expect(textOf(await answered)).toBe("meanwhile");
  });

  it("doesn't count time that the agent takes to answer towards the idle timeout [mcp.idle-deadline]", async () => {
    const hosted = await startHosted(era);
    const driver = startProgram(hosted, { bounds: { idleCallMs: 300 } });
    await driver.initialize({ elicitation: {} });
    const asked = driver.next(({ method }) => method === "elicitation/create");
    const answer = driver.call("ask");
    const { id } = await asked;
    // A later call times out, so the first one would have done so earlier.
    expect(textOf(await driver.call("wait"))).toMatch(/didn't respond/);
    driver.send({ id, result: { action: "accept", content: { name: "Robin" } } });
    expect(textOf(await answer)).toMatch(/^hello Robin/);
  });
});
