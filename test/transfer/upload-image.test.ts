import { createHash } from "node:crypto";
import {
  appendFileSync,
  closeSync,
  openSync,
  renameSync,
  truncateSync,
  utimesSync,
  writeSync
} from "node:fs";
import { createServer } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { ElicitResult } from "@modelcontextprotocol/client";
import type { Elicit, LocalCallContext, LocalTool } from "../../src/mcp/local/local-tool.ts";
import type { Progress } from "../../src/mcp/calls/hosted-call.ts";
import { createHttp, type Http } from "../../src/system/http.ts";
import { contextOf, type Hosted, hostedIn, RETRIEVE_TOOL, UPLOAD_TOOL } from "./hosted.ts";
import { freshFolder, largePng, picture, put } from "./samples.ts";
import { startStorage, type Storage } from "./storage.ts";
import { fileTools } from "./file-tools.ts";

const MIB = 1024 * 1024;
const EXPIRED = "<Error><Code>AccessDenied</Code><Message>Request has expired</Message></Error>";

let storage: Storage;
let hosted: Hosted;
let http: Http;
let folder: Awaited<ReturnType<typeof freshFolder>>;
let tool: LocalTool;

beforeEach(async () => {
  storage = await startStorage();
  hosted = hostedIn(storage);
  http = createHttp({}, true);
  folder = await freshFolder();
  tool = named("upload_image");
});

afterEach(async () => {
  await http.close();
  await storage.close();
  await folder.remove();
});

function named(name: string, uploadRoots?: readonly string[]): LocalTool {
  const tools = fileTools({
    http: () => Promise.resolve(http),
    uploadRoots,
    cwd: () => folder.path,
    home: join(folder.path, "nobody")
  });
  const found = tools.find((each) => each.name === name);
  if (!found) throw new Error(`no tool ${name}`);
  return found;
}

function upload(args: Record<string, unknown>, more: Partial<LocalCallContext> = {}) {
  return tool.call(args, contextOf(hosted, more));
}

function sha256(bytes: Buffer): string {
  return createHash("sha256").update(bytes).digest("hex");
}

function overwrite(path: string, at: number): void {
  const file = openSync(path, "r+");
  writeSync(file, "other bytes", at);
  closeSync(file);
}

describe("upload_image with path", () => {
  it("sends the file and returns the finished record without the upload URL", async () => {
    const bytes = await picture();
    await put(folder.path, "a.png", bytes);
    hosted.processing = 1;

    const result = await upload({ path: "a.png", purpose: "docs" });

    const [image] = hosted.images.values();
    expect(storage.objects.get(`/${image?.id}`)?.sha256).toBe(sha256(bytes));
    expect(result.structuredContent).toMatchObject({
      image: { id: image?.id, status: "READY" },
      upload: { path: join(folder.path, "a.png"), mime_type: "image/png", state: "ready", sent: true }
    });
    expect(JSON.stringify(result)).not.toContain(storage.url.host);
  });

  it("fills in the members of the live schema, and prefers the agent's values", async () => {
    const bytes = await picture("webp");
    await put(folder.path, "a.webp", bytes);
    await upload({ path: "a.webp", file_name: "hero.webp", custom_metadata: { page: 1 } });
    expect(hosted.calls[0]).toEqual({
      name: "upload_image",
      args: {
        file_name: "hero.webp",
        mime_type: "image/webp",
        content_length: bytes.length,
        hash_sha256: sha256(bytes),
        idempotency_key: expect.stringMatching(/^imgwire-mcp-[0-9a-f]{64}$/) as string,
        custom_metadata: { page: 1 }
      }
    });
  });

  it("sends no argument that the live schema doesn't have", async () => {
    await put(folder.path, "a.png", await picture());
    const inputSchema = { type: "object" as const, properties: { fileName: { type: "string" } } };
    hosted = hostedIn(storage, [{ ...UPLOAD_TOOL, inputSchema }, RETRIEVE_TOOL]);
    await upload({ path: "a.png" });
    expect(hosted.calls[0]?.args).toEqual({ fileName: "a.png" });
  });

  it("doesn't send a file that Imgwire already has", async () => {
    await put(folder.path, "a.png", await picture());
    await upload({ path: "a.png" });
    const again = await upload({ path: "a.png" });
    expect(storage.puts).toBe(1);
    expect(hosted.images.size).toBe(1);
    expect(again.structuredContent).toMatchObject({ upload: { sent: false, state: "ready" } });
  });

  it("notes that a file's content doesn't match its extension", async () => {
    await put(folder.path, "a.png", await picture("jpeg"));
    const { structuredContent } = await upload({ path: "a.png" });
    expect(structuredContent).toMatchObject({
      upload: { mime_type: "image/jpeg", note: expect.stringContaining("image/jpeg") as string }
    });
  });

  it("reports quarantine as an error", async () => {
    await put(folder.path, "a.png", await picture());
    hosted.outcome = "QUARANTINE";
    await expect(upload({ path: "a.png" })).rejects.toMatchObject({ code: "quarantined" });
  });

  it("reports progress in bytes with few notifications, never backwards", async () => {
    await put(folder.path, "a.png", await largePng(8 * MIB));
    storage.faults = [{ reset: "half way" }];
    const seen: Progress[] = [];
    await upload({ path: "a.png" }, { progress: (progress) => seen.push(progress) });
    const sent = seen.map(({ progress }) => progress);
    expect(sent).toEqual([...new Set(sent)].sort((a, b) => a - b));
    expect(seen.at(-1)).toMatchObject({ progress: 8 * MIB, total: 8 * MIB });
    expect(seen.length).toBeLessThan(10);
  });

  it("stops the PUT when the call is cancelled", async () => {
    await put(folder.path, "a.png", await largePng(4 * MIB));
    const abort = new AbortController();
    const cut = new Promise<void>((resolve) => {
      storage.faults = [
        {
          during: (request) => {
            request.once("close", resolve);
            request.once("data", () => abort.abort(new Error("cancelled by the agent")));
          }
        }
      ];
    });
    await expect(upload({ path: "a.png" }, { signal: abort.signal })).rejects.toThrow(
      "cancelled by the agent"
    );
    await cut;
    expect(storage.objects.size).toBe(0);
  });
});

describe("a folder outside the upload roots", () => {
  const answers = (...given: ElicitResult[]) => {
    const asked: string[] = [];
    const elicit: Elicit = ({ message }) => {
      asked.push(message);
      return Promise.resolve(given.shift() ?? { action: "cancel" });
    };
    return { asked, elicit };
  };
  const allowed: ElicitResult = { action: "accept", content: { choice: "session" } };

  beforeEach(async () => {
    tool = named("upload_image", [join(folder.path, "root")]);
    for (const name of ["pictures/a.png", "pictures/b.png", "other/c.png"]) {
      await put(folder.path, name, Buffer.concat([await picture(), Buffer.from(name)]));
    }
  });

  it("asks once for a folder outside the upload roots, for all its files", async () => {
    const { asked, elicit } = answers(allowed);
    await upload({ path: "pictures/a.png" }, { elicit });
    await upload({ path: "pictures/b.png" }, { elicit });
    expect(asked).toHaveLength(1);
    expect(asked[0]).toContain(join(folder.path, "pictures"));
    await expect(upload({ path: "other/c.png" }, { elicit })).rejects.toMatchObject({
      code: "outside_roots"
    });
    expect(asked).toHaveLength(2);
  });

  it("doesn't ask again after a refusal, but does if the question was dismissed or couldn't be asked", async () => {
    const { asked, elicit } = answers(
      { action: "cancel" },
      { action: "accept", content: { choice: "no" } },
      allowed
    );
    const broken: Elicit = () => Promise.reject(new Error("not supported"));
    for (const ask of [broken, elicit, elicit, elicit]) {
      await expect(upload({ path: "pictures/a.png" }, { elicit: ask })).rejects.toMatchObject({
        code: "outside_roots"
      });
    }
    expect(asked).toHaveLength(2);
    expect(hosted.calls).toEqual([]);
    expect(storage.puts).toBe(0);
  });
});

describe("the PUT", () => {
  it("sends the signed headers and a length, and no credentials", async () => {
    const bytes = await picture();
    await put(folder.path, "a.png", bytes);
    const signed = "content-length;content-type;host;x-amz-checksum-sha256;x-amz-content-sha256";
    hosted.queries = [`?X-Amz-SignedHeaders=${encodeURIComponent(signed)}&X-Amz-Signature=CANARY`];
    await upload({ path: "a.png" });
    const [object] = storage.objects.values();
    expect(object?.headers).toMatchObject({
      "content-type": "image/png",
      "content-length": String(bytes.length),
      "x-amz-checksum-sha256": Buffer.from(sha256(bytes), "hex").toString("base64"),
      "x-amz-content-sha256": sha256(bytes)
    });
    for (const name of ["authorization", "cookie", "transfer-encoding"]) {
      expect(object?.headers).not.toHaveProperty(name);
    }
  });

  it("doesn't send a PUT if a signed header's value is unknown", async () => {
    await put(folder.path, "a.png", await picture());
    hosted.queries = ["?X-Amz-SignedHeaders=host;x-amz-acl"];
    await expect(upload({ path: "a.png" })).rejects.toThrow("x-amz-acl");
    expect(storage.puts).toBe(0);
  });

  it.each(["authorization", "cookie", "te", "proxy-authorization", "transfer-encoding"])(
    "doesn't send a PUT if the signature requires the header %s [transfer.signed-headers]",
    async (name) => {
      await put(folder.path, "a.png", await picture());
      hosted.queries = [`?X-Amz-SignedHeaders=host;${name}&${name}=CANARY`];
      await expect(upload({ path: "a.png" })).rejects.toThrow(name);
      expect(storage.puts).toBe(0);
    }
  );

  it.each([
    { name: "an immediate reset", fault: { reset: "at once" } as const },
    { name: "a reset half way", fault: { reset: "half way" } as const },
    { name: "503", fault: { status: 503 } },
    { name: "429 with Retry-After", fault: { status: 429, headers: { "retry-after": "0" } } }
  ])("repeats the PUT from byte 0 after $name, at most twice", async ({ fault }) => {
    const bytes = await largePng(3 * MIB);
    await put(folder.path, "a.png", bytes);
    storage.faults = [fault, fault];
    await upload({ path: "a.png" });
    expect(storage.puts).toBe(3);
    expect([...storage.objects.values()].map((object) => object.sha256)).toEqual([sha256(bytes)]);

    await put(folder.path, "b.png", bytes);
    storage.faults = [fault, fault, fault];
    await expect(upload({ path: "b.png" })).rejects.toMatchObject({ code: "unreachable" });
    expect(storage.objects.size).toBe(1);
  });

  it("requests one fresh URL if the first has expired", async () => {
    await put(folder.path, "a.png", await picture());
    storage.faults = [{ status: 403, body: EXPIRED }];
    await upload({ path: "a.png" });
    expect(hosted.calls.filter(({ name }) => name === "upload_image")).toHaveLength(2);
    expect(storage.objects.size).toBe(1);

    await put(folder.path, "b.png", await picture());
    storage.faults = [
      { status: 403, body: EXPIRED },
      { status: 403, body: EXPIRED }
    ];
    await expect(upload({ path: "b.png" })).rejects.toMatchObject({ code: "upload_url_expired" });
  });

  it("requests a fresh URL if an expired one is answered by a cut connection", async () => {
    await put(folder.path, "a.png", await picture());
    hosted.queries = ["?X-Amz-Date=20200101T000000Z&X-Amz-Expires=60", ""];
    storage.faults = [{ reset: "at once" }];
    await upload({ path: "a.png" });
    expect(hosted.calls.filter(({ name }) => name === "upload_image")).toHaveLength(2);
  });

  it.each([301, 302, 307, 308, 400, 403, 404])(
    "doesn't repeat or redirect the PUT after %i",
    async (status) => {
      await put(folder.path, "a.png", await picture());
      storage.faults = [{ status, headers: { location: new URL("/elsewhere", storage.url).href } }];
      await expect(upload({ path: "a.png" })).rejects.toMatchObject({ code: "upload_refused" });
      expect(storage.puts).toBe(1);
    }
  );

  it.each([
    { name: "grows", change: (path: string) => appendFileSync(path, "more") },
    { name: "shrinks", change: (path: string) => truncateSync(path, MIB) },
    { name: "is rewritten in place", change: (path: string) => overwrite(path, 7 * MIB) },
    { name: "is replaced", change: (path: string) => renameSync(`${path}.new`, path) },
    { name: "is touched", change: (path: string) => utimesSync(path, 1, 1) }
  ])("abandons the PUT if the file $name during the upload", async ({ change }) => {
    const path = await put(folder.path, "a.png", await largePng(8 * MIB));
    await put(folder.path, "a.png.new", await largePng(8 * MIB));
    storage.faults = [{ during: (request) => request.once("data", () => change(path)) }];
    await expect(upload({ path })).rejects.toMatchObject({ code: "file_changed" });
    expect(storage.objects.size).toBe(0);
  });

  it("sends the PUT through the proxy, which sees only a tunnel", async () => {
    const asked: string[] = [];
    const proxy = createServer((_, response) => response.writeHead(405).end());
    proxy.on("connect", (request, socket) => {
      asked.push(request.url ?? "");
      const { hostname, port } = storage.url;
      const tunnel = connect(Number(port), hostname, () => socket.write("HTTP/1.1 200 OK\r\n\r\n"));
      socket.pipe(tunnel).pipe(socket);
      tunnel.on("error", () => socket.destroy());
      socket.on("error", () => tunnel.destroy());
    });
    const port = await new Promise<number>((resolve) =>
      proxy.listen(0, "127.0.0.1", () => resolve((proxy.address() as AddressInfo).port))
    );
    await http.close();
    http = createHttp({ HTTP_PROXY: `http://127.0.0.1:${port}` }, true);
    await put(folder.path, "a.png", await picture());
    await upload({ path: "a.png" });
    expect(asked).toEqual([storage.url.host]);
    expect(storage.objects.size).toBe(1);
    await http.close();
    await new Promise((resolve) => proxy.close(resolve));
  });

  it("never sends to a private address if the hosted URL is public", async () => {
    await put(folder.path, "a.png", await picture());
    await http.close();
    http = createHttp({}, false);
    await expect(upload({ path: "a.png" })).rejects.toMatchObject({ code: "address_refused" });
    expect(storage.puts).toBe(0);
  });

  it("stores every file intact if every third upload fails once", async () => {
    const files = await Promise.all(
      Array.from({ length: 20 }, async (_, index) => {
        const bytes = await largePng(MIB + index);
        return { path: await put(folder.path, `${index}.png`, bytes), sha256: sha256(bytes) };
      })
    );
    const faults = [{ reset: "half way" } as const, { status: 503 }];
    for (const [index, { path }] of files.entries()) {
      const fault = faults[index % 2];
      if (index % 3 === 0 && fault) storage.faults.push(fault);
      await upload({ path });
    }
    const stored = [...storage.objects.values()].map((object) => object.sha256);
    expect(stored.sort()).toEqual(files.map((file) => file.sha256).sort());
    expect(hosted.images.size).toBe(files.length);
  });
});

describe("upload_image in the tool list", () => {
  it("describes upload_image as the hosted tool with path added, and requires only what path can't replace", () => {
    const inputSchema = { ...UPLOAD_TOOL.inputSchema, required: ["file_name", "purpose"] };
    const described = tool.describe(
      new Map([
        ["upload_image", { ...UPLOAD_TOOL, inputSchema }],
        ["retrieve_image", RETRIEVE_TOOL]
      ])
    );
    expect(described).toMatchObject({
      name: "upload_image",
      title: "Upload an image",
      inputSchema: {
        properties: { path: { type: "string" }, file_name: { minLength: 1 } },
        required: ["purpose"]
      },
      outputSchema: { required: ["image"], properties: { upload_url: {}, upload: {} } }
    });
  });

  it("leaves upload_image out without the hosted tools it depends on", () => {
    expect(tool.describe(new Map([["upload_image", UPLOAD_TOOL]]))).toBeUndefined();
    expect(tool.describe(new Map([["retrieve_image", RETRIEVE_TOOL]]))).toBeUndefined();
  });

  it("passes a call without path to the hosted tool", () => {
    expect(tool.handles({ file_name: "a.png" })).toBe(false);
    expect(tool.handles({ path: "" })).toBe(true);
  });
});
