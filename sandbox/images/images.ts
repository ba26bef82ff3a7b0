import { randomUUID } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import { DomainError, notAllowed } from "../account/domain-error.ts";
import type { UsageLog } from "../account/usage.ts";
import type { Image, StandardUploadCreate, SupportedMimeType } from "../schemas.ts";
import type { StoredObject } from "../storage/objects.ts";
import { directlyDeliverable, extensionOf, mimeTypeOf } from "./formats.ts";
import { inspect, type Inspection } from "./inspect.ts";

export const largestUpload = 104_857_600;

export interface ImagesOptions {
  /** The delivery base: images are at `<cdnUrl>/<organization>/<environment>/<image>`. */
  cdnUrl: string;
  organizationId: string;
  /** Milliseconds from the last byte to READY: PENDING for the first half, then PROCESSING. */
  processingMs: number;
  usage: UsageLog;
}

/** The image records of all Environments, and the processing that makes them READY. */
export class Images {
  readonly #options: ImagesOptions;
  readonly #byId = new Map<string, Image>();
  readonly #byIdempotencyKey = new Map<string, { image: Image; request: string }>();
  readonly #processed = new Map<string, string>();
  readonly #closing = new AbortController();

  constructor(options: ImagesOptions) {
    this.#options = options;
  }

  /**
   * Creates a PENDING record, or returns the earlier one with the same idempotency key.
   * @throws {DomainError} if the type is not supported, the file is too large, or the key was used for a
   *   different file
   */
  create(environmentId: string, upload: StandardUploadCreate): Image {
    const mimeType = checkedType(upload);
    const key = upload.idempotency_key && `${environmentId} ${upload.idempotency_key}`;
    const request = JSON.stringify([
      mimeType,
      upload.content_length ?? null,
      upload.hash_sha256 ?? upload.file_name
    ]);
    const known = key ? this.#byIdempotencyKey.get(key) : undefined;
    if (known && known.request !== request) {
      throw notAllowed("This idempotency key was used for another file.");
    }
    const image = known?.image ?? this.#add(environmentId, upload, mimeType);
    if (key) this.#byIdempotencyKey.set(key, { image, request });
    return image;
  }

  /** @throws {DomainError} ResourceNotFoundError */
  get(environmentId: string, id: string): Image {
    const image = this.#byId.get(id);
    if (image?.environment_id !== environmentId)
      throw new DomainError("ResourceNotFoundError", `Image ${id} was not found.`);
    return image;
  }

  find(id: string): Image | undefined {
    return this.#byId.get(id);
  }

  /** An Environment's images, newest first. */
  list(environmentId: string): Image[] {
    return [...this.#byId.values()].filter((image) => image.environment_id === environmentId).reverse();
  }

  /** Starts processing an image's bytes. The same bytes from a retried upload change nothing. */
  received(id: string, object: StoredObject): void {
    const image = this.#byId.get(id);
    if (!image || this.#processed.get(id) === object.sha256) return;
    this.#processed.set(id, object.sha256);
    void this.#process(image, object).catch((error: unknown) => {
      if (!this.#closing.signal.aborted) console.error("sandbox: processing failed:", error);
    });
  }

  close(): void {
    this.#closing.abort();
  }

  #add(environmentId: string, upload: StandardUploadCreate, mimeType: SupportedMimeType): Image {
    const now = new Date().toISOString();
    const id = randomUUID();
    const image: Image = {
      id,
      environment_id: environmentId,
      upload_token_id: null,
      original_filename: upload.file_name,
      hash_sha256: upload.hash_sha256 ?? null,
      status: "PENDING",
      cdn_url: `${this.#options.cdnUrl}/${this.#options.organizationId}/${environmentId}/${id}`,
      mime_type: mimeType,
      can_upload: true,
      is_directly_deliverable: directlyDeliverable.has(mimeType),
      idempotency_key: upload.idempotency_key ?? null,
      purpose: upload.purpose ?? null,
      extension: extensionOf(mimeType),
      width: 0,
      height: 0,
      size_bytes: upload.content_length ?? 0,
      custom_metadata: upload.custom_metadata ?? {},
      exif_data: {},
      created_at: now,
      updated_at: now,
      deleted_at: null,
      processed_metadata_at: null
    };
    this.#byId.set(id, image);
    return image;
  }

  async #process(image: Image, object: StoredObject): Promise<void> {
    const pause = () =>
      delay(this.#options.processingMs / 2, undefined, { signal: this.#closing.signal, ref: false });
    await pause();
    change(image, { status: "PROCESSING", can_upload: false });
    const [found] = await Promise.all([inspect(object.path), pause()]);
    if (this.#processed.get(image.id) !== object.sha256) return;
    const promised = image.hash_sha256;
    const good = found && (promised === null || hashesEqual(promised, object.sha256));
    change(image, {
      size_bytes: object.size,
      hash_sha256: object.sha256,
      ...(good ? ready(found) : { status: "QUARANTINE" })
    });
    if (!good) return;
    this.#options.usage.record(image.environment_id!, "uploads");
    this.#options.usage.record(image.environment_id!, "storage_bytes", object.size);
  }
}

function ready(found: Inspection): Partial<Image> {
  return {
    status: "READY",
    mime_type: found.mimeType,
    extension: extensionOf(found.mimeType),
    is_directly_deliverable: directlyDeliverable.has(found.mimeType),
    width: found.width,
    height: found.height,
    exif_data: found.exif,
    processed_metadata_at: new Date().toISOString()
  };
}

function change(image: Image, fields: Partial<Image>): void {
  Object.assign(image, fields, { updated_at: new Date().toISOString() });
}

/** Compares hashes; the expected one may be in hex or base64. */
function hashesEqual(promised: string, hex: string): boolean {
  return promised.toLowerCase() === hex || promised === Buffer.from(hex, "hex").toString("base64");
}

/**
 * Determines the type of an image to upload.
 * @throws {DomainError}
 */
function checkedType({ mime_type, file_name, content_length }: StandardUploadCreate): SupportedMimeType {
  const mimeType = mime_type ?? mimeTypeOf(file_name);
  if (!mimeType) throw notAllowed(`${file_name} is not of a supported image type.`);
  if ((content_length ?? 0) > largestUpload)
    throw notAllowed(`${file_name} is larger than ${largestUpload} bytes.`);
  return mimeType;
}
