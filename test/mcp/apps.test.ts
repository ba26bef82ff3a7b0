import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { StdioDriver } from "../../sandbox/client/stdio-driver.ts";
import { APPS } from "../apps/app-host.ts";
import { bin, ROOT } from "../support/program.ts";
import { type SignedIn, startSignedIn } from "../support/signed-in.ts";
import { envelope } from "./envelope.ts";

const PAGES = ["gallery", "image", "metrics", "upload"].map((name) => `ui://imgwire-mcp/${name}.html`);

interface Listed {
  name: string;
  inputSchema: object;
  outputSchema?: object;
  _meta?: { ui?: { resourceUri?: string; visibility?: string[] } };
}

describe("MCP Apps", () => {
  let signedIn: SignedIn;
  const drivers: StdioDriver[] = [];
  beforeAll(async () => (signedIn = await startSignedIn()));
  afterAll(async () => {
    await Promise.all(drivers.map((driver) => driver.kill()));
    await signedIn.sandbox.close();
    await signedIn.folder.remove();
  });

  function start(...args: string[]): StdioDriver {
    const { folder, env } = signedIn;
    const driver = new StdioDriver({ args: [bin("imgwire-mcp"), ...args], cwd: folder.path, env });
    drivers.push(driver);
    return driver;
  }

  async function open(capabilities: object, ...args: string[]): Promise<StdioDriver> {
    const driver = start(...args);
    await driver.initialize(capabilities);
    return driver;
  }

  const tools = async (driver: StdioDriver, params = {}): Promise<Listed[]> =>
    (await driver.request("tools/list", params)).result!["tools"] as Listed[];

  const uris = async (driver: StdioDriver): Promise<string[]> =>
    ((await driver.request("resources/list")).result!["resources"] as { uri: string }[]).map(
      ({ uri }) => uri
    );

  it("offers pages, and a tool for each, to clients that declare MCP Apps [mcp.apps-for-declared-clients]", async () => {
    const driver = await open(APPS);
    const listed = await tools(driver);
    const pageOf = (name: string): string | undefined =>
      listed.find((tool) => tool.name === name)?._meta?.ui?.resourceUri;
    expect([
      pageOf("list_images"),
      pageOf("retrieve_image"),
      pageOf("fetch_metrics"),
      pageOf("choose_images")
    ]).toEqual(PAGES);
    expect([pageOf("upload_images"), pageOf("upload_image")]).toEqual(PAGES.slice(0, 2));
    expect(listed.find(({ name }) => name === "upload_image_bytes")?._meta?.ui?.visibility).toEqual(["app"]);
    expect(await uris(driver)).toEqual(expect.arrayContaining(PAGES));
    for (const uri of PAGES) {
      const { result } = await driver.request("resources/read", { uri });
      const [page] = result!["contents"] as {
        text: string;
        mimeType: string;
        _meta: { ui: { csp: object } };
      }[];
      expect(page).toMatchObject({ uri, mimeType: "text/html;profile=mcp-app" });
      const domains = [`${new URL(signedIn.sandbox.cdnUrl).origin.replace(/:\d+$/, "")}:*`];
      expect(page!._meta.ui.csp).toEqual({
        connectDomains: [],
        resourceDomains: domains,
        frameDomains: [],
        baseUriDomains: []
      });
      expect(page!.text).toContain(`img-src ${domains[0]!};`);
      expect(Buffer.byteLength(page!.text)).toBeLessThan(30_000);
    }
    expect((await driver.request("resources/read", { uri: "ui://imgwire-mcp/none.html" })).error?.code).toBe(
      -32602
    );
  });

  it("changes nothing for other clients or with --no-apps [mcp.apps-for-declared-clients]", async () => {
    const plain = await open({});
    const off = await open(APPS, "--no-apps");
    const expected = await tools(plain);
    expect(expected.filter(({ _meta }) => _meta?.ui)).toEqual([]);
    expect(expected.map(({ name }) => name)).not.toContain("choose_images");
    expect(await tools(off)).toEqual(expected);
    const all = await tools(await open(APPS));
    // Output schemas may be left out to make room for the added tools, so only the input schemas are
    // compared.
    const inputs = (listed: Listed[]): object[] =>
      listed.map(({ name, inputSchema }) => ({ name, inputSchema }));
    expect(
      inputs(all.filter(({ name }) => name !== "choose_images" && name !== "upload_image_bytes"))
    ).toEqual(inputs(expected));
    for (const driver of [plain, off]) {
      expect((await uris(driver)).filter((uri) => uri.startsWith("ui://"))).toEqual([]);
      expect((await driver.request("resources/read", { uri: PAGES[0] })).error).toBeDefined();
      const answer = await driver.call("upload_image_bytes", { file_name: "a.png", data: "AAAA" });
      expect(JSON.stringify(answer)).toContain("upload_image_bytes not found");
    }
  });

  it("offers pages according to the capabilities in each request of a modern client [mcp.apps-for-declared-clients]", async () => {
    const driver = start();
    const without = await tools(driver, { _meta: envelope({}) });
    const declared = await tools(driver, { _meta: envelope(APPS) });
    expect(without.map(({ name }) => name)).not.toContain("choose_images");
    expect(declared.map(({ name }) => name)).toContain("choose_images");
  });

  it.each([
    ["text named .png", { file_name: "a.png", data: Buffer.from("text").toString("base64") }],
    ["data that isn't Base64", { file_name: "a.png", data: "!" }],
    ["more than 10 MB", { file_name: "a.png", data: Buffer.alloc(10_000_001).toString("base64") }],
    [
      "a file whose name leads to another folder",
      { file_name: "../../etc/passwd", data: Buffer.from("x").toString("base64") }
    ]
  ])("refuses to upload %s [mcp.apps-upload]", async (_, args) => {
    const driver = await open(APPS);
    const { result } = await driver.call("upload_image_bytes", args);
    expect(result).toMatchObject({ isError: true });
    expect(signedIn.sandbox.stats.storage.puts).toBe(0);
  });

  it("returns results that match the output schemas of the pages' tools [mcp.results-fit-schemas]", async () => {
    const driver = await open(APPS);
    const listed = await tools(driver);
    const data = readFileSync(join(ROOT, "icon.png")).toString("base64");
    const calls = { choose_images: {}, upload_image_bytes: { file_name: "icon.png", data } };
    for (const [name, args] of Object.entries(calls)) {
      const { outputSchema } = listed.find((tool) => tool.name === name)!;
      const { result } = await driver.call(name, args);
      expect(result).not.toHaveProperty("isError");
      z.fromJSONSchema(outputSchema as Parameters<typeof z.fromJSONSchema>[0]).parse(
        result!["structuredContent"]
      );
    }
  });
});
