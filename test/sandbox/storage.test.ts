import { createHash } from "node:crypto";
import { request } from "node:http";
import { Readable } from "node:stream";
import { setTimeout as delay } from "node:timers/promises";
import { Client, StreamableHTTPClientTransport } from "@modelcontextprotocol/client";
import sharp from "sharp";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import yauzl from "yauzl";
import type { ImageDownloadJob, StandardUploadCreate } from "../../sandbox/schemas.ts";
import { startSandbox, type Sandbox } from "../../sandbox/sandbox.ts";
import { signIn } from "../../sandbox/client/oauth.ts";
import { createUpload, picture, put, settled, upload } from "./test-upload.ts";

let sandbox: Sandbox;
let client: Client;

beforeAll(async () => {
  sandbox = await startSandbox({ autoApprove: true, processingMs: 20 });
  const { accessToken } = await signIn(sandbox);
  client = new Client({ name: "test", version: "1" });
  const requestInit = { headers: { authorization: `Bearer ${accessToken}` } };
  await client.connect(new StreamableHTTPClientTransport(new URL(sandbox.mcpUrl), { requestInit }));
});
afterAll(async () => {
  await client.close();
  await sandbox.close();
});
beforeEach(() => sandbox.clearFaults());

const create = (args: StandardUploadCreate) => createUpload(client, args);
const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");
const code = async (answer: Response) => [answer.status, /<Code>(\w+)</.exec(await answer.text())?.[1]];

describe("uploads", () => {
  it("stores every byte of an upload and describes the image", async () => {
    const bytes = await picture(120, 80);
    const created = await create({ file_name: "noise.png", content_length: bytes.length });
    expect(created.image).toMatchObject({ status: "PENDING", can_upload: true, width: 0 });
    expect((await put(created, bytes)).status).toBe(200);
    expect(await settled(client, created.image.id)).toMatchObject({
      status: "READY",
      width: 120,
      height: 80,
      mime_type: "image/png",
      size_bytes: bytes.length,
      hash_sha256: sha256(bytes)
    });
    expect(sandbox.store.object(created.image.id)).toMatchObject({
      size: bytes.length,
      sha256: sha256(bytes)
    });
  });

  it("determines the type from the bytes, not the name", async () => {
    const jpeg = await sharp(await picture(40, 30))
      .jpeg()
      .toBuffer();
    const created = await create({ file_name: "actually-a-jpeg.png" });
    await put(created, jpeg);
    expect(await settled(client, created.image.id)).toMatchObject({
      mime_type: "image/jpeg",
      extension: "jpg"
    });
  });

  it.each([
    ["text", Buffer.from("this is no image")],
    ["an SVG", Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>')],
    ["nothing", Buffer.alloc(0)]
  ])("quarantines an upload of %s", async (_name, bytes) => {
    const created = await create({ file_name: "no.png" });
    expect((await put(created, bytes)).status).toBe(200);
    expect(await settled(client, created.image.id)).toMatchObject({ status: "QUARANTINE", width: 0 });
    expect((await fetch(created.image.cdn_url)).status).toBe(404);
  });

  it("quarantines a truncated image and one that doesn't match its announced hash", async () => {
    const bytes = await picture(200, 200);
    const cut = await create({ file_name: "cut.png" });
    await put(cut, bytes.subarray(0, bytes.length / 2));
    expect((await settled(client, cut.image.id)).status).toBe("QUARANTINE");
    const other = await create({ file_name: "other.png", hash_sha256: "0".repeat(64) });
    await put(other, bytes);
    expect((await settled(client, other.image.id)).status).toBe("QUARANTINE");
    const same = await create({ file_name: "same.png", hash_sha256: sha256(bytes) });
    await put(same, bytes);
    expect((await settled(client, same.image.id)).status).toBe("READY");
  });

  it("reads the dimensions of formats that the decoder doesn't support", async () => {
    for (const [file_name, bytes, width, height] of undecoded()) {
      const created = await create({ file_name });
      await put(created, bytes);
      const image = await settled(client, created.image.id);
      expect(image, file_name).toMatchObject({
        status: "READY",
        width,
        height,
        is_directly_deliverable: false
      });
    }
  });

  it("returns the same image for the same idempotency key and file", async () => {
    const bytes = await picture(20, 20);
    const args = { file_name: "once.png", idempotency_key: "one", content_length: bytes.length };
    const first = await create(args);
    expect((await create(args)).image.id).toBe(first.image.id);
    await put(first, bytes);
    await settled(client, first.image.id);
    const again = await create(args);
    expect(again.image).toMatchObject({ id: first.image.id, status: "READY", can_upload: false });
    expect((await put(again, bytes)).status).toBe(200);
    const result = await client.callTool({
      name: "upload_image",
      arguments: { ...args, content_length: 5 }
    });
    expect(result.isError).toBe(true);
  });

  it.each([
    ["an unsupported type", { file_name: "notes.txt" }],
    ["more than 100 MiB", { file_name: "huge.png", content_length: 104_857_601 }]
  ])("refuses to create an upload of %s", async (_name, args) => {
    const { isError, content } = await client.callTool({ name: "upload_image", arguments: args });
    expect(isError).toBe(true);
    expect(JSON.stringify(content)).toContain("OperationNotAllowedError");
  });
});

describe("presigned URLs", () => {
  it("accepts a presigned URL only for what was signed", async () => {
    const bytes = await picture(10, 10);
    const created = await create({ file_name: "signed.png", content_length: bytes.length });
    const denied = [403, "SignatureDoesNotMatch"];
    const headers = { "content-type": "image/png" };
    const send = (url: string, init: RequestInit) => fetch(url, { method: "PUT", ...init }).then(code);
    const url = created.upload_url;
    expect(await send(url, { body: bytes, headers: { "content-type": "image/jpeg" } })).toEqual(denied);
    expect(await send(url, { body: bytes.subarray(1), headers })).toEqual(denied);
    expect(
      await send(url.replace("X-Amz-Expires=900", "X-Amz-Expires=9000"), { body: bytes, headers })
    ).toEqual(denied);
    expect(
      await send(url.replace(created.image.id, created.image.environment_id!), { body: bytes, headers })
    ).toEqual(denied);
    expect(
      await send(
        url.replace(/.$/, (last) => (last === "0" ? "1" : "0")),
        { body: bytes, headers }
      )
    ).toEqual(denied);
    expect(await send(url.split("?")[0]!, { body: bytes, headers })).toEqual([403, "AccessDenied"]);
    expect(await fetch(url).then(code)).toEqual([405, "MethodNotAllowed"]);
    expect((await put(created, bytes)).status).toBe(200);
  });

  it("requires a Content-Length, and refuses other credentials with a presigned URL", async () => {
    const bytes = await picture(10, 10);
    const created = await create({ file_name: "plain.png" });
    const stream = { body: Readable.toWeb(Readable.from([bytes])), duplex: "half" } as unknown as RequestInit;
    const headers = { "content-type": "image/png" };
    expect(await fetch(created.upload_url, { method: "PUT", headers, ...stream }).then(code)).toEqual([
      411,
      "MissingContentLength"
    ]);
    expect(sandbox.stats.storage.violations).toEqual({});
    const leaky = { ...headers, authorization: "Bearer secret", "mcp-session-id": "1" };
    expect(
      await fetch(created.upload_url, { method: "PUT", headers: leaky, body: bytes }).then(code)
    ).toEqual([400, "InvalidArgument"]);
    expect(sandbox.stats.storage.violations).toEqual({ authorization: 1, "mcp-session-id": 1 });
  });

  it("refuses an expired presigned URL", async () => {
    const brief = await startSandbox({ autoApprove: true, urlTtl: 1 });
    const { accessToken } = await signIn(brief);
    const other = new Client({ name: "test", version: "1" });
    const requestInit = { headers: { authorization: `Bearer ${accessToken}` } };
    await other.connect(new StreamableHTTPClientTransport(new URL(brief.mcpUrl), { requestInit }));
    const created = await createUpload(other, { file_name: "late.png" });
    const [, date] = /X-Amz-Date=(\d{8}T\d{6})Z/.exec(created.upload_url)!;
    const signedAt = Date.parse(date!.replace(/(....)(..)(..)T(..)(..)(..)/, "$1-$2-$3T$4:$5:$6Z"));
    await delay(signedAt + 1_001 - Date.now());
    expect(await put(created, await picture(5, 5)).then(code)).toEqual([403, "AccessDenied"]);
    await other.close();
    await brief.close();
  });
});

describe("broken uploads", () => {
  it("leaves nothing behind if the connection breaks, and accepts the next attempt", async () => {
    const bytes = await picture(100, 100);
    const created = await create({ file_name: "broken.png", content_length: bytes.length });
    const { accepted } = sandbox.stats.storage;
    const cut = request(created.upload_url, {
      method: "PUT",
      headers: { "content-type": "image/png", "content-length": bytes.length }
    });
    cut.on("error", () => undefined);
    await new Promise((resolve) => cut.write(bytes.subarray(0, 1_000), resolve));
    const refused = sandbox.stats.storage.refused["IncompleteBody"] ?? 0;
    cut.destroy();
    await expect.poll(() => sandbox.stats.storage.refused["IncompleteBody"]).toBe(refused + 1);
    expect(sandbox.stats.storage.accepted).toBe(accepted);
    expect(sandbox.store.object(created.image.id)).toBeUndefined();
    expect((await put(created, bytes)).status).toBe(200);
  });

  it("injects error responses, resets within the body and resets after the last byte", async () => {
    const bytes = await picture(300, 300);
    const created = await create({ file_name: "faulty.png", content_length: bytes.length });
    sandbox.fault({ origin: "storage", method: "PUT", status: 503, headers: { "retry-after": "1" } });
    const busy = await put(created, bytes);
    expect([busy.status, busy.headers.get("retry-after")]).toEqual([503, "1"]);
    sandbox.fault({ origin: "storage", method: "PUT", kind: "reset-body" });
    await expect(put(created, bytes)).rejects.toThrow();
    expect(sandbox.store.object(created.image.id)).toBeUndefined();
    sandbox.fault({ origin: "storage", method: "PUT", kind: "reset-after" });
    await expect(put(created, bytes)).rejects.toThrow();
    await expect.poll(() => sandbox.store.object(created.image.id)?.sha256).toBe(sha256(bytes));
    expect((await put(created, bytes)).status).toBe(200);
  });
});

describe("bulk downloads", () => {
  it("delivers a ZIP of the original bytes under their own names", async () => {
    const pictures = await Promise.all([picture(30, 30), picture(31, 31), picture(32, 32)]);
    const names = ["same.png", "same.png", "../folder/other.png"];
    const ids = [];
    for (const [index, bytes] of pictures.entries())
      ids.push(await upload(client, { file_name: names[index]! }, bytes));
    const url = await downloadUrl(ids);
    const answer = await fetch(url);
    const archive = Buffer.from(await answer.arrayBuffer());
    expect(answer.headers.get("content-length")).toBe(String(archive.length));
    const entries = await unzip(archive);
    expect([...entries.keys()]).toEqual(["same.png", "same (2).png", "other.png"]);
    expect([...entries.values()].map(sha256)).toEqual(pictures.map(sha256));
    expect(await fetch(url.replace(/.$/, "z")).then(code)).toEqual([403, "SignatureDoesNotMatch"]);
  });

  it("fails a download of an image that isn't ready, and refuses one that doesn't exist", async () => {
    const { image } = await create({ file_name: "never.png" });
    await expect(downloadUrl([image.id])).rejects.toThrow("FAILED");
    const result = await client.callTool({
      name: "create_bulk_image_download",
      arguments: { image_ids: ["00000000-0000-4000-8000-000000000000"] }
    });
    expect(JSON.stringify(result.content)).toContain("ResourceNotFoundError");
  });
});

async function downloadUrl(image_ids: string[]): Promise<string> {
  const job = async (name: string, args: Record<string, unknown>) =>
    (await client.callTool({ name, arguments: args })).structuredContent as ImageDownloadJob;
  let current = await job("create_bulk_image_download", { image_ids });
  while (current.status === "PENDING" || current.status === "PROCESSING") {
    current = await job("retrieve_bulk_image_download", { image_download_job_id: current.id });
  }
  if (current.status !== "READY") throw new Error(current.status);
  return current.download_url!;
}

function unzip(archive: Buffer): Promise<Map<string, Buffer>> {
  return new Promise((resolve, reject) => {
    const entries = new Map<string, Buffer>();
    yauzl.fromBuffer(archive, { lazyEntries: true }, (error, zip) => {
      if (error) return reject(error);
      zip.on("end", () => resolve(entries)).on("error", reject);
      zip.on("entry", (entry: yauzl.Entry) =>
        zip.openReadStream(entry, (failed, stream) => {
          if (failed) return reject(failed);
          void Readable.from(stream)
            .toArray()
            .then((chunks) => {
              entries.set(entry.fileName, Buffer.concat(chunks as Buffer[]));
              zip.readEntry();
            });
        })
      );
      zip.readEntry();
    });
  });
}

/** Files in formats of which the sandbox reads only the header: name, bytes, width, height. */
function undecoded(): [string, Buffer, number, number][] {
  const bmp = Buffer.alloc(58);
  bmp.write("BM");
  bmp.writeInt32LE(300, 18);
  bmp.writeInt32LE(-200, 22);
  const ico = Buffer.from([0, 0, 1, 0, 1, 0, 0, 48, ...Array<number>(14).fill(0)]);
  const heic = Buffer.concat([
    Buffer.from("\0\0\0\u0018ftypheic\0\0\0\0mif1heic", "latin1"),
    Buffer.from("\0\0\0\u0014ispe\0\0\0\0", "latin1"),
    Buffer.from([0, 0, 15, 160, 0, 0, 11, 184])
  ]);
  // ff0a, then from the least significant bit: not small, 9-bit height - 1 = 255, ratio 5 (16:9).
  const jxl = Buffer.concat([Buffer.from([0xff, 0x0a, 0xf8, 0x57, 0x00]), Buffer.alloc(16)]);
  return [
    ["a.bmp", bmp, 300, 200],
    ["a.ico", ico, 256, 48],
    ["a.heic", heic, 4_000, 3_000],
    ["a.jxl", jxl, 455, 256]
  ];
}
