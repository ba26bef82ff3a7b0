import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { baseEnv, bin } from "../support/program.ts";
import { StdioDriver } from "../support/stdio-driver.ts";
import { type Counterpart, startCounterpart } from "./counterpart.ts";

const PREFIX = "io.modelcontextprotocol/";
const META = {
  [`${PREFIX}protocolVersion`]: "2026-07-28",
  [`${PREFIX}clientInfo`]: { name: "driver", version: "1.0.0" },
  [`${PREFIX}clientCapabilities`]: {}
};

describe("in front of a hosted server of the modern era", () => {
  let hosted: Counterpart;
  let folder: string;
  const agents: StdioDriver[] = [];

  const start = (): StdioDriver => {
    const env = { IMGWIRE_MCP_URL: hosted.url, IMGWIRE_CONFIG_DIR: folder, IMGWIRE_ACCESS_TOKEN: "test" };
    const agent = new StdioDriver({ args: [bin("imgwire-mcp")], env: baseEnv(env) });
    agents.push(agent);
    return agent;
  };

  beforeEach(async () => {
    hosted = await startCounterpart("modern");
    folder = mkdtempSync(join(tmpdir(), "eras-"));
  });
  afterEach(async () => {
    await Promise.all(agents.splice(0).map((agent) => agent.kill()));
    await hosted.close();
    rmSync(folder, { recursive: true, force: true });
  });

  // MCP 2026-07-28, basic/index, result type: servers say it; one that does not means `complete`.
  it("says resultType to a modern agent where the server has left it out", async () => {
    const content = [{ type: "text", text: "done" }];
    hosted.intercept = (_req, res, { body }) => {
      if (body?.method !== "tools/call") return false;
      res.setHeader("content-type", "application/json");
      res.end(
        JSON.stringify({ jsonrpc: "2.0", id: body.id, result: { content, structuredContent: { n: 1 } } })
      );
      return true;
    };
    const { result } = await start().call("echo", { text: "x" }, META);
    expect(result).toEqual({ resultType: "complete", content, structuredContent: { n: 1 } });
  });

  it("refuses the legacy handshake in a request that is written in the modern era", async () => {
    const agent = start();
    const { error } = await agent.request("initialize", { protocolVersion: "2026-07-28", _meta: META });
    expect(error?.code).toBe(-32601);
    expect((await agent.call("echo", { text: "x" }, META)).result).toMatchObject({ resultType: "complete" });
  });

  it("takes a legacy agent's settings while the server is still being asked what it is", async () => {
    // The first process leaves a snapshot, so that the second one answers the handshake before it is connected.
    await start().initialize();
    let release: (() => void) | undefined;
    const asked = new Promise<void>((resolve) => {
      hosted.intercept = (_req, res, { body }) => {
        if (body?.method !== "server/discover" || release) return false;
        release = () => res.writeHead(503, { "retry-after": "0" }).end();
        resolve();
        return true;
      };
    });
    const agent = start();
    await agent.initialize();
    await asked;
    const settings = [
      agent.request("logging/setLevel", { level: "info" }),
      agent.request("resources/subscribe", { uri: "test://note" }),
      agent.request("resources/unsubscribe", { uri: "test://note" })
    ];
    release!();
    for (const { result, error } of await Promise.all(settings))
      expect([result, error]).toEqual([{}, undefined]);
    const told = agent.notification("notifications/message");
    await agent.call("progress");
    expect((await told).params).toMatchObject({ data: "careful" });
  });
});
