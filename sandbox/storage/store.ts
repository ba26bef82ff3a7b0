import { randomUUID } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Readable } from "node:stream";
import { urlOf } from "../http/message.ts";
import type { Image } from "../schemas.ts";
import { count, type Stats } from "../stats.ts";
import type { Downloads } from "../images/downloads.ts";
import { largestUpload, type Images } from "../images/images.ts";
import type { Objects, StoredObject } from "./objects.ts";
import { UrlSigner } from "./signing.ts";

const uploadsBucket = "imgwire-uploads";
const downloadsBucket = "imgwire-downloads";

/** Headers that are meant for the hosted service and must never reach its store. */
const foreignHeaders = [
  "authorization",
  "cookie",
  "proxy-authorization",
  "mcp-session-id",
  "x-environment-id"
];

export interface StoreOptions {
  origin: string;
  images: Images;
  downloads: Downloads;
  objects: Objects;
  stats: Stats;
  /** The lifetime of a presigned URL in seconds. */
  urlTtl: number;
}

/** An S3-compatible store with two buckets: one for uploads by PUT, one for bulk downloads by GET. */
export class Store {
  readonly #options: StoreOptions;
  readonly #signer: UrlSigner;

  constructor(options: StoreOptions) {
    this.#options = options;
    this.#signer = new UrlSigner(options.origin);
  }

  /**
   * Creates a URL to PUT an image's bytes to. The Content-Type is signed, and so is the Content-Length if it
   * is known.
   */
  uploadUrl(image: Image, contentLength: number | null | undefined): Promise<string> {
    return this.#signer.sign({
      method: "PUT",
      path: `/${uploadsBucket}/${keyOf(image)}`,
      headers: {
        "content-type": image.mime_type,
        ...(contentLength != null && { "content-length": String(contentLength) })
      },
      expiresIn: this.#options.urlTtl
    });
  }

  downloadUrl(jobId: string): Promise<string> {
    return this.#signer.sign({
      method: "GET",
      path: `/${downloadsBucket}/${jobId}.zip`,
      headers: {},
      expiresIn: this.#options.urlTtl
    });
  }

  /** The bytes of an image, once they have arrived. */
  object(image: Image): StoredObject | undefined {
    return this.#options.objects.get(keyOf(image));
  }

  /** Stores bytes that the service fetched itself. */
  import(image: Image, source: Readable, onBytes: (count: number) => void): Promise<StoredObject> {
    return this.#options.objects.put(keyOf(image), source, undefined, onBytes);
  }

  async serve(req: IncomingMessage, res: ServerResponse): Promise<void> {
    const { stats } = this.#options;
    if (req.method === "PUT") stats.storage.puts += 1;
    for (const name of foreignHeaders)
      if (req.headers[name] !== undefined) count(stats.storage.violations, name);
    const [, bucket, ...key] = decodeURIComponent(urlOf(req).pathname).split("/");
    if (req.method === "PUT" && bucket === uploadsBucket) return this.#put(key.join("/"), req, res);
    if (req.method === "GET" && bucket === downloadsBucket) return this.#get(key.join("/"), req, res);
    this.#refuse(
      req,
      res,
      405,
      "MethodNotAllowed",
      "The specified method is not allowed against this resource."
    );
  }

  async #put(key: string, req: IncomingMessage, res: ServerResponse): Promise<void> {
    if (req.headers.authorization) {
      return this.#refuse(
        req,
        res,
        400,
        "InvalidArgument",
        "Only one auth mechanism allowed; only the query string is."
      );
    }
    const length = req.headers["content-length"];
    if (length === undefined) {
      return this.#refuse(
        req,
        res,
        411,
        "MissingContentLength",
        "You must provide the Content-Length HTTP header."
      );
    }
    const refusal = await this.#signer.refuse(req);
    if (refusal) return this.#refuse(req, res, 403, refusal.code, refusal.message);
    if (Number(length) > largestUpload) {
      return this.#refuse(
        req,
        res,
        400,
        "EntityTooLarge",
        "Your proposed upload exceeds the maximum allowed size."
      );
    }
    const { objects, images, stats } = this.#options;
    const onBytes = (bytes: number) => (stats.storage.bytesReceived += bytes);
    const stored = await objects.put(key, req, Number(length), onBytes).catch(() => undefined);
    if (!stored)
      return this.#refuse(req, res, 400, "IncompleteBody", "The body ended before its Content-Length.");
    stats.storage.accepted += 1;
    res.writeHead(200, { etag: `"${stored.sha256.slice(0, 32)}"`, "x-amz-request-id": randomUUID() }).end();
    images.received(key.split("/").at(-1)!, stored);
  }

  async #get(key: string, req: IncomingMessage, res: ServerResponse): Promise<void> {
    const refusal = await this.#signer.refuse(req);
    if (refusal) return this.#refuse(req, res, 403, refusal.code, refusal.message);
    const archive = await this.#options.downloads.archive(key.replace(/\.zip$/, ""));
    if (!archive) return this.#refuse(req, res, 404, "NoSuchKey", "The specified key does not exist.");
    this.#options.stats.storage.downloads += 1;
    res.writeHead(200, {
      "content-type": "application/zip",
      "content-length": archive.size,
      "content-disposition": `attachment; filename="imgwire-${key}"`
    });
    archive.stream.pipe(res);
  }

  #refuse(req: IncomingMessage, res: ServerResponse, status: number, code: string, message: string): void {
    count(this.#options.stats.storage.refused, code);
    if (res.destroyed) return;
    const requestId = randomUUID();
    res.writeHead(status, {
      "content-type": "application/xml",
      "x-amz-request-id": requestId,
      connection: "close"
    });
    res.end(
      `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>${code}</Code><Message>${message}</Message><RequestId>${requestId}</RequestId></Error>`
    );
    req.on("data", (chunk: Buffer) => (this.#options.stats.storage.bytesReceived += chunk.length));
  }
}

function keyOf(image: Image): string {
  return `${image.environment_id}/${image.id}`;
}
