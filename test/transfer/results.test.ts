import { readFile, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { z } from "zod";
import type { Tool } from "@modelcontextprotocol/client";
import type { LocalTool } from "../../src/mcp/local/local-tool.ts";
import catalogue from "../../src/mcp/tools/catalogue.json";
import { createHttp, type Http } from "../../src/system/http.ts";
import type { FileOutcome } from "../../src/transfer/batch.ts";
import { contextOf, type Hosted, hostedIn, RETRIEVE_TOOL, UPLOAD_TOOL } from "./hosted.ts";
import { freshFolder, picture, put } from "./samples.ts";
import { startStorage, type Storage } from "./storage.ts";
import { mergeTools } from "../../src/mcp/tools/tool-list.ts";
import { embedOf } from "../../src/mcp/service/delivery-url.ts";
import { uploadsResult as manyResult, withStructuredContent } from "../../src/mcp/local/upload-result.ts";
import { fileTools } from "./file-tools.ts";

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
    cwd: () => folder.path,
    home: join(folder.path, "nobody")
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
  it("returns a URL, Markdown and HTML for the image, and a resource link [mcp.result-ready-to-use]", async () => {
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

  it("returns the image's dimensions and the presets in Imgwire's schema", () => {
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
  it("lists 300 files in at most 20 KB, counts them all and puts failures first [mcp.result-bounded]", async () => {
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
    expect(Buffer.byteLength((content[0] as { text: string }).text)).toBeLessThanOrEqual(20_000);
    expect(JSON.stringify(structuredContent).length).toBeLessThanOrEqual(20_000);
    const listFile = (structuredContent as { list_file: string }).list_file;
    const listed = JSON.parse(await readFile(listFile, "utf8")) as unknown[];
    expect(listed).toHaveLength(301);
    expect(((await stat(listFile)).mode & 0o777).toString(8)).toBe("600");
    await rm(listFile);
  });

  it.each(["short", "Größe 画像 ".repeat(30)])(
    "lists 2,000 files named %j in at most 20 KB of UTF-8, whether they failed or not [mcp.result-bounded]",
    async (name) => {
      for (const share of [0, 0.5, 1]) {
        const outcomes = Array.from({ length: 2_000 }, (_, at): FileOutcome =>
          outcomeOf(`${name}${at}`, at / 2_000 < share)
        );
        const { content, structuredContent } = await manyResult(outcomes);
        const { text } = content[0] as { text: string };
        expect(Buffer.byteLength(text)).toBeLessThanOrEqual(20_000);
        const { uploaded, failed, files, omitted, list_file: file } = structuredContent as never as Counts;
        expect([uploaded + failed, files.length + omitted]).toEqual([2_000, 2_000]);
        expect(files.length).toBeGreaterThan(5);
        await rm(file);
      }
    }
  );
});

interface Counts {
  uploaded: number;
  failed: number;
  files: unknown[];
  omitted: number;
  list_file: string;
}

function outcomeOf(path: string, fails: boolean): FileOutcome {
  if (fails) return { path, error: new Error(`${path} could not be read. `.repeat(100)) };
  const file = {
    fileName: path,
    mimeType: "image/png",
    size: 1,
    sha256: "0",
    mismatch: undefined,
    hasPosition: false
  };
  const image = { id: crypto.randomUUID(), status: "READY", cdn_url: `https://cdn.example/${path}` };
  return { path, uploaded: { path, file, image, state: "ready", sent: true } };
}

describe("the tools that a model is shown", () => {
  it("describes every argument of the local tools with an example, the path first [mcp.arguments-described]", () => {
    const local = mergeTools(DOCUMENTED, tools).filter(({ name }) =>
      tools.some((each) => each.name === name)
    );
    for (const { name, inputSchema } of local) {
      for (const [argument, schema] of Object.entries(inputSchema.properties ?? {}))
        expect({
          name,
          argument,
          description: (schema as { description?: string }).description
        }).toMatchObject({
          description: expect.stringMatching(/for example|^Set to true/i) as string
        });
    }
    const upload = local.find(({ name }) => name === "upload_image")!;
    expect(Object.keys(upload.inputSchema.properties ?? {})[0]).toBe("path");
    expect(upload.description).toMatch(/^Upload a local image file: pass `path`/);
  });

  it("ignores a server's annotations of the local tools [mcp.local-annotations]", () => {
    const misleading = DOCUMENTED.map((tool) => ({
      ...tool,
      annotations: { readOnlyHint: true, destructiveHint: false, openWorldHint: false }
    }));
    const upload = mergeTools(misleading, tools).find(({ name }) => name === "upload_image");
    expect(upload?.annotations).toMatchObject({ readOnlyHint: false, openWorldHint: true });
  });

  it("gives the local tools titles, icons and output schemas, whatever the hosted ones have [mcp.results-fit-schemas]", () => {
    for (const list of [DOCUMENTED, [UPLOAD_TOOL, RETRIEVE_TOOL], DOCUMENTED.map(bare)]) {
      const local = mergeTools(list, tools).filter(({ name }) => tools.some((each) => each.name === name));
      expect(local.length).toBeGreaterThanOrEqual(2);
      for (const { title, icons, outputSchema } of local) {
        expect(title).toMatch(/^[A-Z]/);
        expect(icons?.[0]?.src).toMatch(/^data:image\/svg/);
        expect(outputSchema).toMatchObject({ type: "object" });
      }
    }
  });

  it("returns results that match the output schemas, whatever Imgwire's schema and record contain [mcp.results-fit-schemas]", async () => {
    for (const [at, kind] of (["png", "webp", "gif", "jpeg"] as const).entries()) {
      await put(folder.path, `fit/${at}.${kind}`, await picture(kind));
    }
    const calls: [string, Record<string, unknown>][] = [
      ["upload_image", { path: "fit/0.png", alt: "x" }],
      ["upload_image", { path: "fit/0.png" }],
      ["upload_images", { paths: ["fit/*"] }],
      ["upload_images", { paths: ["fit/missing.png", "fit/0.png"] }]
    ];
    for (const outputSchema of HOSTED_SCHEMAS) {
      for (const record of RECORDS) {
        const upload = { ...UPLOAD_TOOL, outputSchema } as Tool;
        hosted = hostedIn(storage, [upload, RETRIEVE_TOOL]);
        hosted.record = record;
        for (const [name, args] of calls) {
          const schema = tools.find((tool) => tool.name === name)!.describe(hosted.byName)!.outputSchema;
          const { structuredContent } = await call(name, args);
          expect({ record, outputSchema, ...fits(schema, structuredContent) }).toMatchObject({
            success: true
          });
        }
        const path = withStructuredContent(await hosted.tools.call("upload_image", { file_name: "x" }));
        const schema = tools[0]!.describe(hosted.byName)!.outputSchema;
        expect(fits(schema, path["structuredContent"])).toMatchObject({ success: true });
      }
    }
  });

  it("adds structured content to upload_image without a path if Imgwire returns only text [mcp.results-fit-schemas]", () => {
    const text = { content: [{ type: "text", text: '{"image": {"id": "1", "status": "PENDING"}}' }] };
    expect(withStructuredContent(text)).toMatchObject({ structuredContent: { image: { id: "1" } } });
    const words = { content: [{ type: "text", text: "Uploaded." }] };
    expect(withStructuredContent(words)).toMatchObject({ structuredContent: {} });
    for (const left of [
      { ...text, isError: true },
      { ...text, structuredContent: {} },
      { resultType: "input_required" }
    ])
      expect(withStructuredContent(left)).toBe(left);
  });
});

function fits(schema: Tool["outputSchema"], value: unknown) {
  return z.fromJSONSchema(schema as Parameters<typeof z.fromJSONSchema>[0]).safeParse(value);
}

function bare({ name, inputSchema }: Tool): Tool {
  return { name, inputSchema };
}

/** Output schemas that the hosted `upload_image` may have. */
const HOSTED_SCHEMAS: readonly unknown[] = [
  undefined,
  UPLOAD_TOOL.outputSchema,
  {
    type: "object",
    properties: { image: { $ref: "#/$defs/Image" }, upload_url: { type: "string" } },
    required: ["image", "upload_url"],
    $defs: { Image: { type: "object" } }
  },
  {
    type: "object",
    properties: {
      image: { type: "object", properties: { status: { const: "PENDING" } }, required: ["status"] }
    },
    additionalProperties: false
  },
  {
    type: "object",
    properties: { id: { type: "string" }, upload_url: { type: "string" } },
    anyOf: [{ required: ["upload_url"] }, { required: ["id"] }]
  },
  {
    type: "object",
    properties: { image: { type: ["object", "null"] }, upload: { type: "string" }, html: { type: "integer" } }
  }
];

/** Members that a record may have in addition to its id and status. */
const RECORDS: readonly Record<string, unknown>[] = [
  {},
  { cdn_url: null, width: null, height: 0 },
  { cdn_url: "", mime_type: 7 },
  { exif_data: { text: "x".repeat(50_000) }, custom_metadata: null },
  { width: 1.5, height: -1, cdn_url: "not a url" }
];
