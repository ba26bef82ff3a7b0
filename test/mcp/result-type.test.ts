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

/** MCP 2026-07-28, basic/index, result type: servers say it; one that does not means `complete`. */
describe("a hosted server of the modern era that leaves out resultType", () => {
  let hosted: Counterpart;
  let folder: string;
  let agent: StdioDriver;

  beforeEach(async () => {
    hosted = await startCounterpart("modern");
    hosted.intercept = (_req, res, { body }) => {
      if (body?.method !== "tools/call") return false;
      const result = { content: [{ type: "text", text: "done" }], structuredContent: { n: 1 } };
      res.setHeader("content-type", "application/json");
      res.end(JSON.stringify({ jsonrpc: "2.0", id: body.id, result }));
      return true;
    };
    folder = mkdtempSync(join(tmpdir(), "result-type-"));
    const env = { IMGWIRE_MCP_URL: hosted.url, IMGWIRE_CONFIG_DIR: folder, IMGWIRE_ACCESS_TOKEN: "test" };
    agent = new StdioDriver({ args: [bin("imgwire-mcp")], env: baseEnv(env) });
  });
  afterEach(async () => {
    await agent.kill();
    await hosted.close();
    rmSync(folder, { recursive: true, force: true });
  });

  it("is answered for with `complete` to an agent of its era, which may insist on it", async () => {
    const { result } = await agent.call("echo", { text: "x" }, META);
    const content = [{ type: "text", text: "done" }];
    expect(result).toEqual({ resultType: "complete", content, structuredContent: { n: 1 } });
  });
});
