import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { StdioDriver } from "../../sandbox/client/stdio-driver.ts";
import { type Counterpart, type Seen, startCounterpart } from "../../sandbox/counterpart/counterpart.ts";
import { Programs } from "./program.ts";

let hosted: Counterpart;
let programs: Programs;

beforeEach(async () => {
  programs = new Programs();
  hosted = await startCounterpart("legacy");
});
afterEach(async () => {
  await programs.stop();
  await hosted.close();
});

const isList = ({ body }: Seen): boolean => body?.method === "tools/list";

const tool = (name: string, more: object = {}): object => ({
  name,
  inputSchema: { type: "object" },
  ...more
});

async function listed(tools: object[], era: "legacy" | "modern" = "legacy"): Promise<StdioDriver> {
  if (era === "modern") {
    await hosted.close();
    hosted = await startCounterpart("modern");
  }
  hosted.intercept = (_req, res, seen) => {
    if (!isList(seen)) return false;
    res.writeHead(200, { "content-type": "application/json" });
    const hints = { resultType: "complete", ttlMs: 0, cacheScope: "private" };
    res.end(JSON.stringify({ jsonrpc: "2.0", id: seen.body!.id, result: { tools, ...hints } }));
    return true;
  };
  const driver = programs.start({ url: hosted.url });
  await driver.initialize();
  return driver;
}

async function names(driver: StdioDriver): Promise<string[]> {
  const { result } = await driver.request("tools/list");
  return (result as { tools: { name: string }[] }).tools.map(({ name }) => name);
}

it("lists at most a thousand of the server's tools [mcp.tools-admitted]", async () => {
  const driver = await listed(Array.from({ length: 10_000 }, (_, at) => tool(`tool_${at}`)));
  expect(await names(driver)).toHaveLength(1_000);
  expect(driver.stderr).toMatch(/10000 tools/);
});

it("leaves out a hosted tool with megabytes of text [mcp.tools-admitted]", async () => {
  const driver = await listed([tool("big", { description: "x".repeat(5_000_000) }), tool("good")]);
  expect(await names(driver)).toEqual(["good"]);
});

it("leaves out a hosted tool whose schema is nested too deeply to be written [mcp.tools-admitted]", async () => {
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
  const driver = programs.start({ url: hosted.url });
  await driver.initialize();
  expect(await names(driver)).toEqual(["good"]);
});

it("leaves out hosted tools with unusable names or with a name used before [mcp.tools-admitted]", async () => {
  const bad = ["", "a\nb", "\u202Eevil", "\u001b[31mred", "x".repeat(200), "space d"];
  const driver = await listed([
    ...bad.map((name) => tool(name)),
    tool("good"),
    tool("good", { title: "again" })
  ]);
  expect(await names(driver)).toEqual(["good"]);
});

it("strips escape sequences and bidirectional overrides from the text of hosted tools [mcp.tools-admitted]", async () => {
  const driver = await listed([tool("good", { description: "a\u001b]8;;http://x\u0007b\u202Ec\r\nd" })]);
  const { result } = await driver.request("tools/list");
  const [first] = (result as { tools: { description: string }[] }).tools;
  expect(first!.description).toBe("a]8;;http://xbc\nd");
});

it("prefers a hosted tool with the name of a local one, except upload_image", async () => {
  const own = { description: "hosted" };
  const file = { file_name: { type: "string" } };
  const upload = { ...own, inputSchema: { type: "object", properties: file, required: ["file_name"] } };
  const driver = await listed([
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

it("leaves out a modern server's tool whose header name has a line break, and encodes one in a value [mcp.tools-admitted]", async () => {
  const schema = (name: unknown): object => ({
    inputSchema: { type: "object", properties: { region: { type: "string", "x-mcp-header": name } } }
  });
  const driver = await listed(
    [
      tool("bad", schema("Region\r\nAuthorization: x")),
      tool("worse", schema("")),
      tool("good", schema("Region"))
    ],
    "modern"
  );
  expect(await names(driver)).toEqual(["good"]);
  await driver.call("good", { region: "a\r\nAuthorization: evil" });
  const call = hosted.seen.find(({ body }) => body?.params?.["name"] === "good")!;
  expect(call.headers["mcp-param-region"]).toMatch(/^=\?base64\?/);
  expect(call.headers.authorization).toBe("Bearer CANARY-token");
});

describe("a list of several pages", () => {
  /** Has the server answer each request for tools with one, and a cursor. @returns the cursors it was sent */
  async function paged(cursorAfter: (page: number) => unknown): Promise<[StdioDriver, unknown[]]> {
    const asked: unknown[] = [];
    hosted.intercept = (_req, res, seen) => {
      if (!isList(seen)) return false;
      asked.push(seen.body!.params?.["cursor"]);
      const nextCursor = cursorAfter(asked.length);
      const result = { tools: [tool(`tool_${asked.length}`)], nextCursor };
      res.writeHead(200, { "content-type": "application/json" });
      return Boolean(res.end(JSON.stringify({ jsonrpc: "2.0", id: seen.body!.id, result })));
    };
    const driver = programs.start({ url: hosted.url });
    await driver.initialize();
    return [driver, asked];
  }

  /** The cursors of one listing; the program lists again once it has shown what may be stale. */
  const once = (asked: unknown[]): unknown[] => asked.slice(0, asked.indexOf(undefined, 1) >>> 0);

  it.each([
    ["never changes", () => "same", [undefined, "same"]],
    ["leads in a circle", (page: number) => ["a", "b", "c"][(page - 1) % 3], [undefined, "a", "b", "c"]],
    ["is empty again and again", () => "", [undefined, ""]]
  ])(
    "ends a tool list whose cursor %s and shows what was read [mcp.list-ends]",
    async (_, cursorAfter, expected) => {
      const [driver, asked] = await paged(cursorAfter);
      expect(await names(driver)).toEqual(expected.map((_each, at) => `tool_${at + 1}`));
      expect(once(asked)).toEqual(expected);
      expect(driver.stderr).toMatch(/tool list never ends/);
    }
  );

  it("ends a tool list with a new cursor on every page after a hundred pages [mcp.list-ends]", async () => {
    const [driver, asked] = await paged((page) => String(page));
    expect(await names(driver)).toHaveLength(101);
    expect(once(asked)).toHaveLength(101);
    expect(driver.stderr).toMatch(/tool list is too long/);
  });

  it.each([[null], [5], [{}], [[]], [true]])(
    "ends a tool list with the invalid cursor %j [mcp.list-ends]",
    async (cursor) => {
      const [driver, asked] = await paged(() => cursor);
      expect(await names(driver)).toEqual(["tool_1"]);
      expect(once(asked)).toHaveLength(1);
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
      hosted.intercept = (_req, res, seen) => {
        if (!isList(seen)) return false;
        res.writeHead(status, { "content-type": "application/json" });
        return Boolean(res.end(JSON.stringify({ jsonrpc: "2.0", id: seen.body!.id, ...answer })));
      };
      const driver = programs.start({ url: hosted.url });
      const { result } = await driver.initialize();
      expect(result).toMatchObject({ serverInfo: { name: "counterpart" } });
      expect(JSON.stringify(result)).not.toContain("upload_image");
      expect(await names(driver)).toEqual([]);
    }
  );
});
