import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, expect, it } from "vitest";
import { interceptOnce, isCall } from "./intercept.ts";
import { openProgram, startHosted, textOf } from "./program.ts";

describe.each(["legacy", "modern"] as const)("a %s server", (era) => {
  it("sends nothing to the target of a redirect [mcp.redirects-not-followed]", async () => {
    const hosted = await startHosted(era);
    const driver = await openProgram(hosted);
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

  it("reports a refused token that can't be replaced, and doesn't show it [mcp.refused-token]", async () => {
    const hosted = await startHosted(era);
    const driver = await openProgram(hosted);
    hosted.intercept = (_req, res, seen) => isCall(seen, "note") && Boolean(res.writeHead(401).end());
    expect((await driver.call("note", { text: "x" })).result).toMatchObject({ isError: true });
    expect(hosted.seen.filter((seen) => isCall(seen, "note"))).toHaveLength(1);
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
