import { describe, expect, it } from "vitest";
import { ToolSelection } from "../../src/mcp/tools/selection.ts";
import { startHosted, startProgram, textOf, toolNames } from "./program.ts";

const tool = (name: string, readOnlyHint?: boolean) => ({
  name,
  inputSchema: { type: "object" as const },
  ...(readOnlyHint !== undefined && { annotations: { readOnlyHint } })
});
const TOOLS = [tool("list_images", true), tool("upload_image", false), tool("whoami", true), tool("quiet")];

describe("the selection of tools", () => {
  it.each([
    [{ readOnly: true }, ["list_images", "whoami"]],
    [{ tools: ["*image*"] }, ["list_images", "upload_image"]],
    [{ excludeTools: ["upload_*"] }, ["list_images", "whoami", "quiet"]],
    [{ readOnly: true, excludeTools: ["who?mi"] }, ["list_images"]],
    [{ tools: [] }, []],
    [{ tools: ["a.b", "list.images", "("] }, []],
    [{}, ["list_images", "upload_image", "whoami", "quiet"]]
  ])("with %j offers %j and refuses calls of all other tools [mcp.tool-selection]", (options, offered) => {
    const selection = new ToolSelection({
      readOnly: false,
      tools: undefined,
      excludeTools: undefined,
      ...options
    });
    expect(selection.of(TOOLS).map(({ name }) => name)).toEqual(offered);
    for (const each of TOOLS) {
      const required = (): void => selection.require(each.name, each);
      if (offered.includes(each.name)) expect(required).not.toThrow();
      else expect(required).toThrow(/is turned off by/);
    }
  });

  it("doesn't treat an unknown tool as read-only", () => {
    const selection = new ToolSelection({ readOnly: true, tools: undefined, excludeTools: undefined });
    expect(() => selection.require("new_tool", undefined)).toThrow(/--read-only/);
  });
});

it("lists only the selected tools, and names the setting in the answer to a call of any other [mcp.tool-selection]", async () => {
  const driver = startProgram(await startHosted("modern"), { env: { IMGWIRE_TOOLS: "echo" } });
  await driver.initialize();
  expect(await toolNames(driver)).toEqual(["echo"]);
  expect(textOf(await driver.call("echo", { text: "hi" }))).toBe("hi");
  const refused = await driver.call("note", { text: "x" });
  expect(refused.result).toMatchObject({ isError: true });
  expect(textOf(refused)).toContain("IMGWIRE_TOOLS");
});
