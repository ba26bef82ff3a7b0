import { describe, expect, it } from "vitest";
import { baseEnv, imgwire } from "../support/program.ts";

describe("imgwire mcp", () => {
  it("writes nothing but JSON-RPC to stdout, also when it is started wrongly", async () => {
    const { code, stdout, stderr } = await imgwire(["mcp", "--json"], baseEnv());
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toContain("--json");
  });

  it("does not offer in its help what it does not take", async () => {
    const { stdout } = await imgwire(["mcp", "--help"], baseEnv());
    expect(stdout).toContain("imgwire help settings");
    expect(stdout).not.toContain("--json");
  });
});
