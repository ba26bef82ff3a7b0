import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { crc32 } from "node:zlib";
import type { CallToolResult } from "@modelcontextprotocol/client";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import type { LocalTool } from "../../src/mcp/local/local-tool.ts";
import { createHttp, type Http } from "../../src/system/http.ts";
import { startOfflineService, type OfflineService } from "./offline-service.ts";
import { freshFolder, picture, put } from "./samples.ts";
import { fileTools } from "./file-tools.ts";

let service: OfflineService;
let http: Http;
let folder: Awaited<ReturnType<typeof freshFolder>>;
let tools: ReadonlyMap<string, LocalTool>;

beforeAll(async () => {
  service = await startOfflineService();
  http = createHttp({}, true);
  folder = await freshFolder();
  const made = fileTools({
    http: () => Promise.resolve(http),
    cwd: () => folder.path,
    home: "/nonexistent"
  });
  tools = new Map(made.map((tool) => [tool.name, tool]));
});

afterAll(async () => {
  await http.close();
  await service.close();
  await folder.remove();
});

async function call(
  name: string,
  args: Record<string, unknown>
): Promise<CallToolResult & { fields: Fields }> {
  const tool = tools.get(name);
  if (!tool) throw new Error(`no tool ${name}`);
  const result = await tool.call(args, await service.context());
  return { ...result, fields: result.structuredContent as Fields };
}

interface Fields extends Record<string, unknown> {
  image: { id: string; status: string; width: number; cdn_url: string };
  files: { path: string; image_id?: string; state?: string; error?: string }[];
}

function sha256(bytes: Buffer): string {
  return createHash("sha256").update(bytes).digest("hex");
}

describe("the local tools with the sandbox", () => {
  it("uploads an image from disk to the CDN and downloads it into a folder", async () => {
    const bytes = await picture("webp");
    await put(folder.path, "site/hero.webp", bytes);

    const { fields, ...result } = await call("upload_image", { path: "site/hero.webp", purpose: "docs" });
    expect(fields).toMatchObject({
      image: { status: "READY", width: 16 },
      upload: { state: "ready", sent: true }
    });
    expect(service.sandbox.store.object(fields.image.id)?.sha256).toBe(sha256(bytes));
    expect((await fetch(fields.image.cdn_url)).status).toBe(200);
    expect(JSON.stringify(result)).not.toContain("X-Amz-Signature");

    const down = await call("download_images", { image_ids: [fields.image.id], folder: "back" });
    expect(down.fields.files.map(({ path }) => path)).toEqual([join(folder.path, "back/hero.webp")]);
    expect(await readFile(join(folder.path, "back/hero.webp"))).toEqual(bytes);
    expect(service.sandbox.stats.storage.violations).toEqual({});
    expect(service.sandbox.stats.storage.refused).toEqual({});
  });

  it("uploads many files in one call with a result for each, and sends none again in a second call", async () => {
    for (let index = 0; index < 12; index += 1) {
      await put(folder.path, `many/${index}.png`, Buffer.concat([await picture(), Buffer.from([index])]));
    }
    await put(folder.path, "many/fake.png", "not an image");
    const puts = service.sandbox.stats.storage.puts;

    const first = await call("upload_images", { paths: ["many/*.png"], custom_metadata: { set: "many" } });
    expect(first.fields).toMatchObject({ uploaded: 12, already_there: 0, failed: 1 });
    expect(first.isError).toBeUndefined();
    expect(first.fields.files.find(({ state }) => state === "failed")).toMatchObject({
      path: join(folder.path, "many/fake.png"),
      error: expect.stringContaining("not an image") as string
    });

    const second = await call("upload_images", {
      paths: ["many"],
      recursive: true,
      custom_metadata: { set: "many" }
    });
    expect(second.fields).toMatchObject({ uploaded: 0, already_there: 12, failed: 1 });
    expect(service.sandbox.stats.storage.puts).toBe(puts + 12);
    const ids = (fields: Fields) => fields.files.map(({ image_id }) => image_id);
    expect(ids(second.fields)).toEqual(ids(first.fields));
  });

  it("returns results that match one output schema from upload_image with and without a path", async () => {
    const { hosted, hostedTools } = await service.context();
    const schema = tools.get("upload_image")?.describe(await hostedTools())?.outputSchema;
    const validator = z.fromJSONSchema(schema as Parameters<typeof z.fromJSONSchema>[0]);
    await put(folder.path, "fit.gif", await picture("gif"));
    const local = await call("upload_image", { path: "fit.gif" });
    const remote = await hosted.call("upload_image", { file_name: "x.png" });
    expect(validator.parse(local.structuredContent)).toBeTruthy();
    expect(validator.parse(remote.structuredContent)).toBeTruthy();
    expect(() => validator.parse({ image: "none" })).toThrow();
  });

  it("reports a file that Imgwire can't decode as quarantined", async () => {
    await put(folder.path, "broken.png", undecodable(await picture()));
    await expect(call("upload_image", { path: "broken.png" })).rejects.toMatchObject({ code: "quarantined" });
  });

  it("keeps the code of a domain error", async () => {
    await expect(
      call("download_images", { image_ids: ["00000000-0000-4000-8000-000000000000"], folder: "none" })
    ).rejects.toMatchObject({ code: "ResourceNotFoundError" });
  });
});

/**
 * A structurally valid PNG whose pixels can't be decompressed: the data of IDAT is zeroed, its checksum is
 * right.
 */
function undecodable(png: Buffer): Buffer {
  const broken = Buffer.from(png);
  const at = broken.indexOf("IDAT");
  const end = at + 4 + broken.readUInt32BE(at - 4);
  broken.fill(0, at + 4, end);
  broken.writeUInt32BE(crc32(broken.subarray(at, end)), end);
  return broken;
}
