import { createReadStream } from "node:fs";
import type { IncomingMessage, ServerResponse } from "node:http";
import { pipeline } from "node:stream/promises";
import type { Organization } from "../account/organization.ts";
import type { UsageLog } from "../account/usage.ts";
import { sendJson, urlOf } from "../http/message.ts";
import type { Images } from "../images/images.ts";
import type { Image } from "../schemas.ts";
import type { StoredObject } from "../storage/objects.ts";
import type { Stats } from "../stats.ts";
import { render, type Rendered } from "./render.ts";
import { parseTransforms, presets, TransformError, type Transforms } from "./transforms.ts";

export interface CdnOptions {
  organization: Organization;
  images: Images;
  usage: UsageLog;
  stats: Stats;
  object: (image: Image) => StoredObject | undefined;
}

const cachedVariants = 64;

/** Delivers images: `/{organization_id}/{environment_id}/{image_id}[@preset][?transforms]`. */
export class Cdn {
  readonly #options: CdnOptions;
  readonly #variants = new Map<string, Rendered>();

  constructor(options: CdnOptions) {
    this.#options = options;
  }

  async serve(req: IncomingMessage, res: ServerResponse): Promise<void> {
    if (req.method !== "GET" && req.method !== "HEAD")
      return sendJson(res, 405, { detail: "Method not allowed." });
    this.#options.stats.cdn.requests += 1;
    const url = urlOf(req);
    const [image, preset] = this.#find(url.pathname);
    const object = image && this.#options.object(image);
    if (!image || !object) {
      return sendJson(res, 404, { detail: "Image not found.", error_type: "ResourceNotFoundError" });
    }
    this.#options.usage.record(image.environment_id!, "requests");
    try {
      const transforms = { ...preset, ...parseTransforms(url.searchParams) };
      if (Object.keys(transforms).length === 0) return await this.#sendOriginal(req, res, image, object);
      await this.#sendVariant(req, res, image, object, transforms);
    } catch (error) {
      if (!(error instanceof TransformError)) throw error;
      sendJson(res, 400, { detail: error.message, error_type: "OperationNotAllowedError" });
    }
  }

  #find(pathname: string): [Image | undefined, Transforms] {
    const [, organizationId, environmentId, last = "", ...more] = decodeURIComponent(pathname).split("/");
    const [imageId = "", presetName] = last.split("@");
    const preset = presetName === undefined ? {} : presets[presetName];
    const image = this.#options.images.find(imageId);
    const found =
      preset &&
      more.length === 0 &&
      organizationId === this.#options.organization.id &&
      image?.environment_id === environmentId &&
      image?.status === "READY";
    return [found ? image : undefined, preset ?? {}];
  }

  async #sendOriginal(
    req: IncomingMessage,
    res: ServerResponse,
    image: Image,
    { path, size }: StoredObject
  ): Promise<void> {
    res.writeHead(200, { ...headers(image.mime_type), "content-length": size });
    if (req.method === "HEAD") return void res.end();
    this.#delivered(image, size);
    // Ignore clients that disconnect midway.
    await pipeline(createReadStream(path), res).catch(() => undefined);
  }

  async #sendVariant(
    req: IncomingMessage,
    res: ServerResponse,
    image: Image,
    object: StoredObject,
    transforms: Transforms
  ): Promise<void> {
    const accept = transforms.format === "auto" ? (req.headers.accept ?? "") : "";
    const key = JSON.stringify([object.sha256, Object.entries(transforms).sort(), accept]);
    const hit = this.#variants.get(key);
    const { bytes, contentType } = hit ?? (await this.#make(key, image, object, transforms, accept));
    if (hit) {
      this.#options.stats.cdn.hits += 1;
      this.#options.usage.record(image.environment_id!, "hits");
    }
    res.writeHead(200, {
      ...headers(contentType),
      "content-length": bytes.length,
      "x-cache": hit ? "HIT" : "MISS",
      ...(transforms.format === "auto" && { vary: "Accept" })
    });
    if (req.method === "HEAD") return void res.end();
    this.#delivered(image, bytes.length);
    res.end(bytes);
  }

  async #make(
    key: string,
    image: Image,
    { path }: StoredObject,
    transforms: Transforms,
    accept: string
  ): Promise<Rendered> {
    const rendered = await render(path, image.extension, transforms, accept).catch((error: Error) => {
      throw new TransformError(`this image cannot be transformed like this: ${error.message}`);
    });
    this.#options.stats.cdn.transformations += 1;
    this.#options.usage.record(image.environment_id!, "transformations");
    const [oldest] = this.#variants.keys();
    if (oldest !== undefined && this.#variants.size >= cachedVariants) this.#variants.delete(oldest);
    this.#variants.set(key, rendered);
    return rendered;
  }

  #delivered(image: Image, bytes: number): void {
    this.#options.stats.cdn.bytes += bytes;
    this.#options.usage.record(image.environment_id!, "transfer_bytes", bytes);
  }
}

function headers(contentType: string): Record<string, string> {
  return {
    "content-type": contentType,
    "cache-control": "public, max-age=31536000, immutable",
    "access-control-allow-origin": "*",
    "x-content-type-options": "nosniff"
  };
}
