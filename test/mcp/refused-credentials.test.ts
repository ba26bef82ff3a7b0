import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { StdioDriver } from "../../sandbox/client/stdio-driver.ts";
import { type Counterpart, startCounterpart } from "../../sandbox/counterpart/counterpart.ts";
import { interceptOnce, isCall } from "./intercept.ts";
import { Programs, textOf } from "./program.ts";

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
  it("sends nothing to the target of a redirect [mcp.redirects-not-followed]", async () => {
    const driver = await open(era);
    const elsewhere = await listen();
    interceptOnce(
      hosted,
      (seen) => isCall(seen, "note"),
      (res) => res.writeHead(307, { location: elsewhere.url }).end()
    );
    expect(textOf(await driver.call("note", { text: "x" }))).toMatch(/redirect/);
    expect(elsewhere.requests).toBe(0);
    elsewhere.server.close();
  });

  it("asks for a new token once when the server refuses one, then reports it [mcp.refused-token]", async () => {
    const driver = await open(era);
    hosted.intercept = (_req, res, seen) => isCall(seen, "note") && Boolean(res.writeHead(401).end());
    expect((await driver.call("note", { text: "x" })).result).toMatchObject({ isError: true });
    expect(hosted.seen.filter((seen) => isCall(seen, "note")).length).toBeLessThanOrEqual(2);
    expect(driver.lines.join() + driver.stderr).not.toContain("CANARY");
  });
});

interface Elsewhere {
  url: string;
  requests: number;
  server: Server;
}

async function listen(): Promise<Elsewhere> {
  const elsewhere = { requests: 0 } as Elsewhere;
  elsewhere.server = createServer((_req, res) => {
    elsewhere.requests++;
    res.end();
  });
  await new Promise<void>((resolve) => elsewhere.server.listen(0, "127.0.0.1", resolve));
  elsewhere.url = `http://127.0.0.1:${(elsewhere.server.address() as AddressInfo).port}/`;
  return elsewhere;
}
