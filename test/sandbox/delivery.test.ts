import { Client, StreamableHTTPClientTransport } from "@modelcontextprotocol/client";
import sharp, { type Metadata } from "sharp";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startSandbox, type Sandbox } from "../../sandbox/sandbox.ts";
import { signIn } from "../../sandbox/client/oauth.ts";
import { picture, upload } from "./test-upload.ts";

let sandbox: Sandbox;
let original: Buffer;
let url: string;

beforeAll(async () => {
  sandbox = await startSandbox({ autoApprove: true, processingMs: 0 });
  const { accessToken } = await signIn(sandbox);
  const client = new Client({ name: "test", version: "1" });
  const requestInit = { headers: { authorization: `Bearer ${accessToken}` } };
  await client.connect(new StreamableHTTPClientTransport(new URL(sandbox.mcpUrl), { requestInit }));
  original = await picture(400, 200);
  const id = await upload(client, { file_name: "wide.png" }, original);
  url = sandbox.store.image(id)!.cdn_url;
  await client.close();
});
afterAll(() => sandbox.close());

async function variant(suffix: string, headers: Record<string, string> = {}): Promise<Metadata> {
  const answer = await fetch(url + suffix, { headers });
  expect(answer.status, suffix).toBe(200);
  return sharp(Buffer.from(await answer.arrayBuffer())).metadata();
}

describe("the CDN", () => {
  it("delivers the original byte for byte", async () => {
    const answer = await fetch(url);
    expect(answer.headers.get("content-type")).toBe("image/png");
    expect(Buffer.from(await answer.arrayBuffer()).equals(original)).toBe(true);
    const head = await fetch(url, { method: "HEAD" });
    expect(head.headers.get("content-length")).toBe(String(original.length));
  });

  it.each([
    ["@thumbnail", { width: 150, height: 150, format: "png" }],
    ["@small", { width: 320, height: 160 }],
    ["@medium?f=webp", { width: 800, height: 400, format: "webp" }],
    ["@large", { width: 1_600, height: 800 }],
    ["?w=100&h=100&resizing_type=cover&f=jpg&q=60", { width: 100, height: 100, format: "jpeg" }],
    ["?width=100&dpr=2", { width: 200, height: 100 }],
    ["?rotate=90&f=jpeg", { width: 200, height: 400, format: "jpeg" }],
    ["?crop=10,20,64,32&blur=2&grayscale=true", { width: 64, height: 32 }],
    ["?w=50&h=50&rt=fill&bg=ff8800&utm_source=docs", { width: 50, height: 50 }],
    ["?f=avif&w=64", { width: 64, height: 32, format: "heif" }]
  ])("delivers the variant %s", async (suffix, expected) => {
    expect(await variant(suffix)).toMatchObject(expected);
  });

  it("chooses the format by the Accept header if told to", async () => {
    expect(await variant("?f=auto", { accept: "image/webp,*/*" })).toMatchObject({ format: "webp" });
    expect(await variant("?f=auto", { accept: "*/*" })).toMatchObject({ format: "png" });
  });

  it.each([
    ["?width=1&w=2", "width is given more than once"],
    ["?w=0", "w must be 1..8192"],
    ["?format=bmp", "format must be one of"],
    ["?crop=1,2,3", "crop must be left,top,width,height"],
    ["?crop=390,0,100,100", "cannot be transformed"]
  ])("refuses the transform %s", async (query, detail) => {
    const answer = await fetch(url + query);
    expect(answer.status).toBe(400);
    expect(await answer.json()).toMatchObject({ detail: expect.stringContaining(detail) as string });
  });

  it.each(["@huge", "/more", "0"])("returns 404 for %s", async (suffix) => {
    expect((await fetch(url + suffix)).status).toBe(404);
  });

  it("caches variants and counts requests", async () => {
    const { hits, transformations } = sandbox.stats.cdn;
    for (let time = 0; time < 3; time++) await variant("?w=77");
    expect(sandbox.stats.cdn).toMatchObject({ hits: hits + 2, transformations: transformations + 1 });
  });
});
