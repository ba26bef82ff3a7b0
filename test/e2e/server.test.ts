import { describe, expect, it } from "vitest";
import { baseEnv, imgwire } from "../support/program.ts";

describe("imgwire mcp", () => {
  it("writes only JSON-RPC to stdout, even if it is started with wrong arguments", async () => {
    const { code, stdout, stderr } = await imgwire(["mcp", "--json"], baseEnv());
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toContain("--json");
  });

  it("lists no unsupported options in the help of imgwire mcp", async () => {
    const { stdout } = await imgwire(["mcp", "--help"], baseEnv());
    expect(stdout).toContain("imgwire help settings");
    expect(stdout).not.toContain("--json");
  });
});
