import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import { http, HttpResponse } from "msw";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ZipFile } from "yazl";
import { createHttp, type Http } from "../../src/system/http.ts";
import { RateLimiter } from "../../src/system/rate-limiter.ts";
import { download } from "../../src/transfer/download.ts";
import { prepareFolder } from "../../src/transfer/folder.ts";
import type { PathPolicy } from "../../src/transfer/roots.ts";
import { inspect } from "../../src/transfer/inspect.ts";
import { openApproved } from "../../src/transfer/open.ts";
import { put } from "../../src/transfer/put.ts";
import { parseTarget } from "../../src/transfer/signed-request.ts";
import { type Network, startNetwork } from "../support/network.ts";
import { freshFolder, picture, put as write } from "./samples.ts";

let network: Network;
let client: Http;
let folder: Awaited<ReturnType<typeof freshFolder>>;
const { signal } = new AbortController();

beforeEach(async () => {
  network = await startNetwork();
  client = createHttp({}, true);
  folder = await freshFolder();
});
afterEach(async () => {
  await client.close();
  await folder.remove();
  await network.close();
});

/** Allows files from the test's own folder only. */
function policy(): PathPolicy {
  const { path } = folder;
  return {
    cwd: path,
    home: path,
    platform: process.platform,
    uploadRoots: [path],
    temp: [],
    clientRoots: []
  };
}

/** Uploads an image to this URL, or to `renewed` if it has expired. */
async function upload(url: string, renewed = url): Promise<Buffer> {
  const bytes = await picture("png");
  const path = await write(folder.path, "a.png", bytes);
  const file = await openApproved(path, policy());
  try {
    const facts = await inspect(file);
    const renew = () => Promise.resolve(parseTarget(renewed, {}));
    await put({
      http: client,
      file,
      facts,
      target: parseTarget(url, {}),
      renew,
      pace: new RateLimiter(),
      signal
    });
  } finally {
    await file.handle.close();
  }
  return bytes;
}

describe("a presigned PUT", () => {
  it("sends the file's bytes, type and length, and none of our credentials [transfer.no-credentials]", async () => {
    let sent: { headers: Headers; body: Buffer } | undefined;
    network.use(
      http.put(`${network.origin}/bucket/a`, async ({ request }) => {
        sent = { headers: request.headers, body: Buffer.from(await request.arrayBuffer()) };
        return new HttpResponse(null, { status: 200 });
      })
    );
    const bytes = await upload(`${network.origin}/bucket/a?X-Amz-Signature=CANARY`);
    expect(sent?.body.equals(bytes)).toBe(true);
    expect(sent?.headers.get("content-type")).toBe("image/png");
    expect(sent?.headers.get("content-length")).toBe(String(bytes.length));
    for (const name of ["authorization", "cookie", "transfer-encoding"])
      expect(sent?.headers.has(name)).toBe(false);
  });

  it("sends the file from byte 0 again after a 503, in at most three attempts", async () => {
    const bodies: number[] = [];
    network.use(
      http.put(`${network.origin}/bucket/a`, async ({ request }) => {
        bodies.push((await request.arrayBuffer()).byteLength);
        return new HttpResponse(null, { status: 503, headers: { "retry-after": "0" } });
      })
    );
    await expect(upload(`${network.origin}/bucket/a`)).rejects.toThrow();
    expect(bodies).toHaveLength(3);
    expect(new Set(bodies).size).toBe(1);
  });

  it("follows no redirect with the upload [transfer.no-credentials]", async () => {
    network.use(
      http.put(
        `${network.origin}/bucket/a`,
        () => new HttpResponse(null, { status: 307, headers: { location: `${network.origin}/elsewhere` } })
      )
    );
    await expect(upload(`${network.origin}/bucket/a`)).rejects.toMatchObject({ code: "upload_refused" });
  });
});

describe("a download of images", () => {
  it("streams the archive from its presigned URL without credentials, and unpacks it [transfer.no-credentials]", async () => {
    const bytes = await picture("png");
    const zip = new ZipFile();
    zip.addBuffer(bytes, "a.png");
    zip.end();
    const archive = await buffer(zip.outputStream);
    let headers: Headers | undefined;
    network.use(
      http.get(`${network.origin}/job.zip`, ({ request }) => {
        headers = request.headers;
        return new HttpResponse(archive);
      })
    );
    const job = { id: "job", status: "READY", downloadUrl: new URL(`${network.origin}/job.zip`) };
    const service = { create: () => Promise.resolve(job), retrieve: () => Promise.resolve(job) };
    const destination = { folder: await prepareFolder(join(folder.path, "out"), policy()), overwrite: false };
    await download(["a"], destination, { service, http: () => Promise.resolve(client), signal });
    const saved = await readFile(join(folder.path, "out/a.png"));
    expect(createHash("sha256").update(saved).digest()).toEqual(createHash("sha256").update(bytes).digest());
    expect(headers?.has("authorization")).toBe(false);
  });
});
