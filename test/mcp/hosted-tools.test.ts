import { describe, expect, it } from "vitest";
import type { StdioDriver } from "../../sandbox/client/stdio-driver.ts";
import type { Seen } from "../../sandbox/counterpart/counterpart.ts";
import { respond } from "./intercept.ts";
import { startHosted, startProgram, toolNames } from "./program.ts";

const isList = ({ body }: Seen): boolean => body?.method === "tools/list";

const tool = (name: string, more: object = {}): object => ({
  name,
  inputSchema: { type: "object" },
  ...more
});

const HINTS = { resultType: "complete", ttlMs: 0, cacheScope: "private" };

/** Starts the program in front of a server that lists these tools. */
async function withTools(tools: object[]): Promise<StdioDriver> {
  const hosted = await startHosted("legacy");
  hosted.intercept = (_req, res, seen) => isList(seen) && respond(res, seen, { result: { tools } });
  const driver = startProgram(hosted);
  await driver.initialize();
  return driver;
}

it("lists at most a thousand of the server's tools [mcp.tools-admitted]", async () => {
  const driver = await withTools(Array.from({ length: 10_000 }, (_, at) => tool(`tool_${at}`)));
  expect(await toolNames(driver)).toHaveLength(1_000);
  expect(driver.stderr).toMatch(/10000 tools/);
});

it("leaves out a hosted tool with megabytes of text [mcp.tools-admitted]", async () => {
  const driver = await withTools([tool("big", { description: "x".repeat(5_000_000) }), tool("good")]);
  expect(await toolNames(driver)).toEqual(["good"]);
});

it("leaves out a hosted tool whose schema is nested too deeply to be serialised [mcp.tools-admitted]", async () => {
  const hosted = await startHosted("legacy");
  const deep = "[".repeat(20_000) + "]".repeat(20_000);
  hosted.intercept = (_req, res, seen) => {
    if (!isList(seen)) return false;
    const tools = JSON.stringify([
      tool("deep", { inputSchema: { type: "object", x: "DEEP" } }),
      tool("good")
    ]);
    const id = JSON.stringify(seen.body!.id);
    res.writeHead(200, { "content-type": "application/json" });
    res.end(`{"jsonrpc":"2.0","id":${id},"result":{"tools":${tools.replace('"DEEP"', deep)}}}`);
    return true;
  };
  const driver = startProgram(hosted);
  await driver.initialize();
  expect(await toolNames(driver)).toEqual(["good"]);
});

it("leaves out hosted tools with an unusable or repeated name [mcp.tools-admitted]", async () => {
  const bad = ["", "a\nb", "\u202Eevil", "\u001b[31mred", "x".repeat(200), "space d"];
  const driver = await withTools([
    ...bad.map((name) => tool(name)),
    tool("good"),
    tool("good", { title: "again" })
  ]);
  expect(await toolNames(driver)).toEqual(["good"]);
});

it("strips escape sequences and bidirectional overrides from the text of hosted tools [mcp.tools-admitted]", async () => {
  const driver = await withTools([tool("good", { description: "a\u001b]8;;http://x\u0007b\u202Ec\r\nd" })]);
  const { result } = await driver.request("tools/list");
  const [first] = (result as { tools: { description: string }[] }).tools;
  expect(first!.description).toBe("a]8;;http://xbc\nd");
});

it("prefers a hosted tool to a local one with the same name, except for upload_image", async () => {
  const own = { description: "hosted" };
  const file = { file_name: { type: "string" } };
  const upload = { ...own, inputSchema: { type: "object", properties: file, required: ["file_name"] } };
  const driver = await withTools([
    tool("upload_image", upload),
    tool("retrieve_image"),
    tool("upload_images", own)
  ]);
  const { result } = await driver.request("tools/list");
  const { tools } = result as { tools: { name: string; description: string; inputSchema: object }[] };
  expect(tools.filter(({ name }) => name === "upload_images")).toMatchObject([own]);
  expect(tools.find(({ name }) => name === "upload_image")!.inputSchema).toMatchObject({
    properties: { path: {} }
  });
});

it("leaves out a modern server's tool whose header name has a line break, and encodes a line break in a value [mcp.tools-admitted]", async () => {
  const schema = (name: unknown): object => ({
    inputSchema: { type: "object", properties: { region: { type: "string", "x-mcp-header": name } } }
  });
  const hosted = await startHosted("modern");
  const tools = [
    tool("bad", schema("Region\r\nAuthorization: x")),
    tool("worse", schema("")),
    tool("good", schema("Region"))
  ];
  hosted.intercept = (_req, res, seen) => isList(seen) && respond(res, seen, { result: { tools, ...HINTS } });
  const driver = startProgram(hosted);
  await driver.initialize();
  expect(await toolNames(driver)).toEqual(["good"]);
  await driver.call("good", { region: "a\r\nAuthorization: evil" });
  const call = hosted.seen.find(({ body }) => body?.params?.["name"] === "good")!;
  expect(call.headers["mcp-param-region"]).toMatch(/^=\?base64\?/);
  expect(call.headers.authorization).toBe("Bearer CANARY-token");
});

describe("a tool list of several pages", () => {
  /**
   * Starts the program in front of a server whose pages have one tool and a cursor each. @returns the
   * program, and the cursors that the server received
   */
  async function paged(cursorAfter: (page: number) => unknown): Promise<[StdioDriver, unknown[]]> {
    const hosted = await startHosted("legacy");
    const asked: unknown[] = [];
    hosted.intercept = (_req, res, seen) => {
      if (!isList(seen)) return false;
      asked.push(seen.body!.params?.["cursor"]);
      const tools = [tool(`tool_${asked.length}`)];
      return respond(res, seen, { result: { tools, nextCursor: cursorAfter(asked.length) } });
    };
    const driver = startProgram(hosted);
    await driver.initialize();
    return [driver, asked];
  }

  /**
   * The cursors of the first listing; the program lists the tools again once it has shown a list that may be
   * stale.
   */
  const firstListing = (asked: unknown[]): unknown[] => asked.slice(0, asked.indexOf(undefined, 1) >>> 0);

  it.each([
    ["never changes", () => "same", [undefined, "same"]],
    ["leads in a circle", (page: number) => ["a", "b", "c"][(page - 1) % 3], [undefined, "a", "b", "c"]],
    ["stays empty", () => "", [undefined, ""]]
  ])(
    "stops reading a tool list whose cursor %s, and shows what was read [mcp.list-ends]",
    async (_, cursorAfter, expected) => {
      const [driver, asked] = await paged(cursorAfter);
      expect(await toolNames(driver)).toEqual(expected.map((_each, at) => `tool_${at + 1}`));
      expect(firstListing(asked)).toEqual(expected);
      expect(driver.stderr).toMatch(/tool list never ends/);
    }
  );

  it("stops reading a tool list with a new cursor on every page after a hundred cursors [mcp.list-ends]", async () => {
    const [driver, asked] = await paged((page) => String(page));
    expect(await toolNames(driver)).toHaveLength(101);
    expect(firstListing(asked)).toHaveLength(101);
    expect(driver.stderr).toMatch(/tool list is too long/);
  });

  it.each([[null], [5], [{}], [[]], [true]])(
    "stops reading a tool list at the invalid cursor %j [mcp.list-ends]",
    async (cursor) => {
      const [driver, asked] = await paged(() => cursor);
      expect(await toolNames(driver)).toEqual(["tool_1"]);
      expect(firstListing(asked)).toHaveLength(1);
    }
  );
});

describe("a server that has answered", () => {
  it.each<[string, number, object]>([
    ["has no tools", 200, { error: { code: -32601, message: "Method not found" } }],
    ["has no tools and says so with 404", 404, { error: { code: -32601, message: "Method not found" } }],
    ["has an empty list", 200, { result: { tools: [] } }],
    ["has a list that can't be read", 200, { result: { tools: "none" } }],
    ["fails to list its tools", 500, { error: { code: -32603, message: "oh" } }]
  ])(
    "doesn't show Imgwire's tools for a server that has answered and %s [mcp.no-foreign-tools]",
    async (_, status, answer) => {
      const hosted = await startHosted("legacy");
      hosted.intercept = (_req, res, seen) => isList(seen) && respond(res, seen, answer, status);
      const driver = startProgram(hosted);
      const { result } = await driver.initialize();
      expect(result).toMatchObject({ serverInfo: { name: "counterpart" } });
      expect(JSON.stringify(result)).not.toContain("upload_image");
      expect(await toolNames(driver)).toEqual([]);
    }
  );
});
