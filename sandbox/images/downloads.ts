import { randomUUID } from "node:crypto";
import { createReadStream } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { extname } from "node:path";
import { ZipFile } from "yazl";
import { DomainError } from "../account/domain-error.ts";
import type { Image, ImageDownloadJob } from "../schemas.ts";
import type { StoredObject } from "../storage/objects.ts";
import type { Images } from "./images.ts";

/** A ZIP archive that is created while it is read. */
export interface Archive {
  stream: NodeJS.ReadableStream;
  /** In bytes, known in advance because images are stored uncompressed. */
  size: number;
}

export interface DownloadsOptions {
  images: Images;
  /** How long a job takes to become READY, in milliseconds. */
  processingMs: number;
  object: (image: Image) => StoredObject | undefined;
  downloadUrl: (jobId: string) => Promise<string>;
}

/** Bulk download jobs. */
export class Downloads {
  readonly #options: DownloadsOptions;
  readonly #jobs = new Map<string, ImageDownloadJob>();
  readonly #closing = new AbortController();

  constructor(options: DownloadsOptions) {
    this.#options = options;
  }

  /** @throws {DomainError} ResourceNotFoundError if an image isn't in the Environment */
  create(environmentId: string, imageIds: readonly string[]): ImageDownloadJob {
    const ids = [...new Set(imageIds)];
    const images = ids.map((id) => this.#options.images.get(environmentId, id));
    const now = new Date().toISOString();
    const job: ImageDownloadJob = {
      id: randomUUID(),
      environment_id: environmentId,
      status: "PENDING",
      image_ids: ids,
      download_url: null,
      created_at: now,
      updated_at: now
    };
    this.#jobs.set(job.id, job);
    void this.#process(job, images).catch(() => undefined);
    return job;
  }

  /** @throws {DomainError} ResourceNotFoundError */
  get(environmentId: string, id: string): ImageDownloadJob {
    const job = this.#jobs.get(id);
    if (job?.environment_id !== environmentId) {
      throw new DomainError("ResourceNotFoundError", `Image download job ${id} was not found.`);
    }
    return job;
  }

  /** The ZIP of a READY job. Each image has its own file name, with a number if names collide. */
  async archive(id: string): Promise<Archive | undefined> {
    const job = this.#jobs.get(id);
    if (job?.status !== "READY") return undefined;
    const zip = new ZipFile();
    const names = new Set<string>();
    for (const imageId of job.image_ids) {
      const image = this.#options.images.find(imageId)!;
      const { path, size } = this.#options.object(image)!;
      const options = { size, mtime: new Date(image.created_at), compress: false };
      zip.addReadStreamLazy(uniqueName(image, names), options, (done) => done(null, createReadStream(path)));
    }
    // The published type omits that the callback receives the size.
    const end = zip.end.bind(zip) as unknown as (options: object, sized: (size: number) => void) => void;
    const size = await new Promise<number>((resolve) => end({}, resolve));
    return { stream: zip.outputStream, size };
  }

  close(): void {
    this.#closing.abort();
  }

  async #process(job: ImageDownloadJob, images: Image[]): Promise<void> {
    const pause = () =>
      delay(this.#options.processingMs / 2, undefined, { signal: this.#closing.signal, ref: false });
    await pause();
    change(job, { status: "PROCESSING" });
    await pause();
    const ready = images.every((image) => image.status === "READY");
    change(
      job,
      ready
        ? { status: "READY", download_url: await this.#options.downloadUrl(job.id) }
        : { status: "FAILED" }
    );
  }
}

function change(job: ImageDownloadJob, fields: Partial<ImageDownloadJob>): void {
  Object.assign(job, fields, { updated_at: new Date().toISOString() });
}

function uniqueName({ original_filename, extension }: Image, taken: Set<string>): string {
  const plain = original_filename.replaceAll("\\", "/").split("/").at(-1)!.replace(/^\.+$/, "image");
  const suffix = extname(plain) || `.${extension}`;
  const stem = plain.slice(0, plain.length - extname(plain).length);
  let name = stem + suffix;
  for (let number = 2; taken.has(name.toLowerCase()); number++) name = `${stem} (${number})${suffix}`;
  taken.add(name.toLowerCase());
  return name;
}
