import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { z } from "zod";
import type { Tool } from "@modelcontextprotocol/client";
import { fileTools } from "../../src/mcp/local/file-tools.ts";
import type { LocalTool } from "../../src/mcp/local/local-tool.ts";
import catalogue from "../../src/mcp/tools/catalogue.json";
import { createHttp, type Http } from "../../src/system/http.ts";
import { contextOf, type Hosted, hostedIn } from "./hosted.ts";
import { freshFolder, picture, put } from "./samples.ts";
import { startStorage, type Storage } from "./storage.ts";
import { mergeTools } from "../../src/mcp/tools/tool-list.ts";
import { embedOf } from "../../src/mcp/service/delivery-url.ts";

const DOCUMENTED = catalogue.tools as Tool[];

let storage: Storage;
let hosted: Hosted;
let http: Http;
let folder: Awaited<ReturnType<typeof freshFolder>>;
let tools: readonly LocalTool[];

beforeEach(async () => {
  storage = await startStorage();
  hosted = hostedIn(storage);
  http = createHttp({}, true);
  folder = await freshFolder();
  tools = fileTools({
    http: () => Promise.resolve(http),
    uploadRoots: undefined,
    cwd: () => folder.path,
    home: join(folder.path, "nobody"),
    temp: [],
    platform: process.platform,
    environment: () => undefined
  });
});
afterEach(async () => {
  await http.close();
  await storage.close();
  await folder.remove();
});

async function call(name: string, args: Record<string, unknown>, takesLinks = true) {
  return tools.find((each) => each.name === name)!.call(args, contextOf(hosted, { takesLinks }));
}

describe("the result of upload_image", () => {
  it("has what is needed to show the image, and a link to it [mcp.result-ready-to-use]", async () => {
    await put(folder.path, "logo.png", await picture());
    const { content, structuredContent } = await call("upload_image", {
      path: "logo.png",
      alt: "Our [logo]"
    });
    expect(structuredContent).toMatchObject({
      cdn_url: "https://cdn.example/x",
      markdown: "![Our \\[logo\\]](https://cdn.example/x)",
      html: '<img src="https://cdn.example/x" alt="Our [logo]">'
    });
    expect(content.at(-1)).toMatchObject({
      type: "resource_link",
      uri: "https://cdn.example/x",
      mimeType: "image/png"
    });
    const without = await call("upload_image", { path: "logo.png" }, false);
    expect(without.content.map(({ type }) => type)).toEqual(["text"]);
  });

  it.each(['"><script>', "a\nb", "](evil)", "&amp;", "\\"])(
    "quotes the alternative text %j for Markdown and HTML [mcp.result-ready-to-use]",
    (alt) => {
      const { markdown, html } = embedOf({ cdn_url: "https://cdn.example/x" }, alt, undefined)!;
      expect(markdown).toMatch(/^!\[(?:[^[\]\\\n]|\\.)*\]\(https:\/\/cdn\.example\/x\)$/);
      expect(html).toMatch(/^<img src="https:\/\/cdn\.example\/x" alt="[^"<>]*">$/);
    }
  );

  it("has the true size and the presets that Imgwire's schema names", () => {
    const image = { cdn_url: "https://cdn.example/x", width: 20, height: 10 };
    const embed = embedOf(
      image,
      "",
      DOCUMENTED.find(({ name }) => name === "get_image_url")
    );
    expect(embed).toMatchObject({
      html: '<img src="https://cdn.example/x" alt="" width="20" height="10">',
      presets: { thumbnail: "https://cdn.example/x@thumbnail", large: "https://cdn.example/x@large" }
    });
  });
});

describe("the result of upload_images", () => {
  it("for 300 files is at most 20 KB, counts them all and lists the failures first [mcp.result-bounded]", async () => {
    const image = await picture();
    for (let at = 0; at < 300; at++)
      await put(
        folder.path,
        `many/${"long-name-".repeat(8)}${at}.png`,
        Buffer.concat([image, Buffer.from(String(at))])
      );
    await put(folder.path, "many/z-fake.png", "not an image");
    const { content, structuredContent } = await call("upload_images", { paths: ["many/*.png"] });
    const { uploaded, failed, files, omitted } = structuredContent as Record<string, number> & {
      files: { path: string }[];
    };
    expect(uploaded! + failed!).toBe(301);
    expect(files.length + omitted!).toBe(301);
    expect(files[0]!.path).toContain("z-fake.png");
    expect((content[0] as { text: string }).text.length).toBeLessThanOrEqual(20_000);
    expect(JSON.stringify(structuredContent).length).toBeLessThanOrEqual(20_000);
  });
});

describe("the tools that a model is shown", () => {
  const shown = () => mergeTools(DOCUMENTED, tools);

  it("cost at most 6,000 tokens, output schemas included [mcp.list-affordable]", () => {
    // Four characters to a token is the usual estimate for JSON and English.
    expect(JSON.stringify(shown()).length / 4).toBeLessThan(6_000);
  });

  it("put the path first and describe every argument of the local tools [mcp.arguments-described]", () => {
    const local = shown().filter(({ name }) => tools.some((each) => each.name === name));
    for (const { name, inputSchema } of local) {
      for (const [argument, schema] of Object.entries(inputSchema.properties ?? {}))
        expect({
          name,
          argument,
          description: (schema as { description?: string }).description
        }).toMatchObject({
          description: expect.any(String) as string
        });
    }
    const upload = local.find(({ name }) => name === "upload_image")!;
    expect(Object.keys(upload.inputSchema.properties ?? {})[0]).toBe("path");
    expect(upload.description).toMatch(/^Upload a local image file: pass `path`/);
  });

  it("claim of the local tools what this program says, not what a server does [mcp.local-annotations]", () => {
    const lying = DOCUMENTED.map((tool) => ({
      ...tool,
      annotations: { readOnlyHint: true, destructiveHint: false, openWorldHint: false }
    }));
    const upload = mergeTools(lying, tools).find(({ name }) => name === "upload_image");
    expect(upload?.annotations).toMatchObject({ readOnlyHint: false, openWorldHint: true });
  });

  it("return what their output schemas promise [mcp.results-fit-schemas]", async () => {
    for (const [at, kind] of (["png", "webp", "gif", "jpeg"] as const).entries()) {
      await put(folder.path, `fit/${at}.${kind}`, await picture(kind));
    }
    const calls: [string, Record<string, unknown>][] = [
      ["upload_image", { path: "fit/0.png", alt: "x" }],
      ["upload_image", { path: "fit/0.png" }],
      ["upload_images", { paths: ["fit/*"] }]
    ];
    const described = new Map(tools.map((tool) => [tool.name, tool.describe(hosted.byName)]));
    for (const [name, args] of calls) {
      const { structuredContent } = await call(name, args);
      const schema = described.get(name)?.outputSchema as Parameters<typeof z.fromJSONSchema>[0];
      expect(z.fromJSONSchema(schema).safeParse(structuredContent)).toMatchObject({ success: true });
    }
  });
});
