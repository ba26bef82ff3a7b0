import { join } from "node:path";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Client } from "@modelcontextprotocol/client";
import { StdioClientTransport } from "@modelcontextprotocol/client/stdio";
import { signIn } from "../../sandbox/client/oauth.ts";
import { type Sandbox, startSandbox } from "../../sandbox/sandbox.ts";
import { baseEnv, bin } from "../support/program.ts";
import { freshFolder, put } from "./samples.ts";

let sandbox: Sandbox;
let folder: Awaited<ReturnType<typeof freshFolder>>;
let client: Client;

beforeAll(async () => {
  sandbox = await startSandbox({ autoApprove: true, processingMs: 0, environments: ["a"], link: "a" });
  folder = await freshFolder();
  const noise = await sharp({
    create: {
      width: 2_400,
      height: 1_600,
      channels: 3,
      background: "white",
      noise: { type: "gaussian", mean: 128, sigma: 60 }
    }
  })
    .jpeg()
    .toBuffer();
  await put(folder.path, "noise.jpg", noise);
  client = await open({ IMGWIRE_ACCESS_TOKEN: (await signIn(sandbox)).accessToken });
});
afterAll(async () => {
  await client.close();
  await sandbox.close();
  await folder.remove();
});

/** Starts the built program with the SDK's client, which checks results against output schemas. */
async function open(env: Record<string, string>): Promise<Client> {
  const opened = new Client({ name: "test", version: "1" });
  await opened.connect(
    new StdioClientTransport({
      command: process.execPath,
      args: [bin("imgwire-mcp")],
      cwd: folder.path,
      env: baseEnv({
        IMGWIRE_MCP_URL: sandbox.mcpUrl,
        IMGWIRE_CONFIG_DIR: join(folder.path, "config"),
        ...env
      })
    })
  );
  await opened.listTools();
  return opened;
}

type Block = { type: string; data?: string; mimeType?: string; uri?: string; size?: number };

describe("an upload with a preview", () => {
  it("returns one preview of at most 1,024 pixels and 100 KB, and nothing of it elsewhere [mcp.preview]", async () => {
    const result = await client.callTool({
      name: "upload_image",
      arguments: { path: "noise.jpg", preview: true }
    });
    const pictures = (result.content as Block[]).filter(({ type }) => type === "image");
    expect(pictures).toHaveLength(1);
    const bytes = Buffer.from(pictures[0]!.data!, "base64");
    expect(bytes.length).toBeLessThanOrEqual(100 * 1024);
    const { width = 0, height = 0, format } = await sharp(bytes).metadata();
    expect(Math.max(width, height)).toBeLessThanOrEqual(1_024);
    expect(width).toBeGreaterThan(100);
    expect(pictures[0]!.mimeType).toBe(`image/${format}`);
    expect(JSON.stringify(result.structuredContent).length).toBeLessThan(4_000);
    expect(JSON.stringify(result.structuredContent)).not.toContain(pictures[0]!.data!.slice(0, 40));
  });

  it("returns no preview by default; the link states type and size [mcp.preview]", async () => {
    const { content, structuredContent } = await client.callTool({
      name: "upload_image",
      arguments: { path: "noise.jpg", alt: "Noise" }
    });
    expect((content as Block[]).map(({ type }) => type)).toEqual(["text", "resource_link"]);
    expect((content as Block[])[1]).toMatchObject({
      mimeType: "image/jpeg",
      size: expect.any(Number) as number
    });
    expect(structuredContent).toMatchObject({
      html: expect.stringMatching(/alt="Noise" width="2400" height="1600">$/) as string,
      presets: { thumbnail: expect.stringMatching(/@thumbnail$/) as string }
    });
  });
});

describe("the results of the local tools", () => {
  it.each([
    ["upload_images", { paths: ["*.jpg"] }],
    ["upload_image", { file_name: "later.png", mime_type: "image/png" }],
    ["use_environment", { environment: "a" }]
  ])(
    "returns results of %s that conform to the listed schema [mcp.results-fit-schemas]",
    async (name, args) => {
      const result = await client.callTool({ name, arguments: args });
      expect(result.isError).not.toBe(true);
      expect(result.structuredContent).toBeTypeOf("object");
    }
  );

  it("returns valid results of download_images, and readable ones for an agent that is signed out [mcp.results-fit-schemas]", async () => {
    const { structuredContent } = await client.callTool({
      name: "upload_image",
      arguments: { path: "noise.jpg" }
    });
    const { id } = (structuredContent as { image: { id: string } }).image;
    const saved = await client.callTool({
      name: "download_images",
      arguments: { image_ids: [id], folder: "got" }
    });
    expect(saved.structuredContent).toMatchObject({ files: [{ mime_type: "image/jpeg" }] });
    const out = await open({ BROWSER: "none", IMGWIRE_CONFIG_DIR: join(folder.path, "nobody") });
    for (const name of ["upload_image", "upload_images"]) {
      const args = { path: "noise.jpg", paths: ["noise.jpg"] };
      expect(await out.callTool({ name, arguments: args })).toMatchObject({ isError: true });
    }
    await out.close();
  });
});

describe("the list of all tools", () => {
  it("lists all tools in at most 6,000 tokens, with the output schemas of all twelve hosted tools [mcp.list-affordable]", async () => {
    const { tools } = await client.listTools();
    expect(tools).toHaveLength(15);
    expect(tools.filter(({ outputSchema }) => outputSchema === undefined)).toEqual([]);
    expect(JSON.stringify(tools).length / 4).toBeLessThanOrEqual(6_000);
  });
});

describe("the server's instructions", () => {
  it("tells the model that local files work, how Environments are found and what to do with a URL [mcp.instructions]", () => {
    const said = client.getInstructions() ?? "";
    expect(said).toMatch(/^Upload, find and deliver images with Imgwire\./);
    for (const part of [/upload_image with `path`/, /whoami.*use_environment/, /cdn_url/, /sign-in link/])
      expect(said).toMatch(part);
    expect(said.length).toBeLessThan(1_600);
  });

  it("mentions no tool in the instructions that isn't listed [mcp.instructions]", async () => {
    const other = await open({ IMGWIRE_ACCESS_TOKEN: "x", IMGWIRE_READ_ONLY: "1" });
    expect(other.getInstructions()).not.toMatch(/upload_image/);
    expect(other.getInstructions()).toMatch(/whoami/);
    await other.close();
  });
});
