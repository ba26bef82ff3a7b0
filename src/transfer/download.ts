import { mkdtemp, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { pipeline } from "node:stream/promises";
import { setTimeout as delay } from "node:timers/promises";
import { ImgwireError, UnreachableError } from "../errors.ts";
import type { Http } from "../system/http.ts";
import { unwritable } from "../system/write-error.ts";
import { MAX_UPLOAD_BYTES } from "./inspect.ts";
import { savedTo } from "./save.ts";
import type { DownloadJob, DownloadService } from "./service.ts";
import { guardAgainstStall } from "./stall.ts";
import { type Destination, place, type SavedImage, unpack } from "./unpack.ts";

/** Options for a download. */
export interface DownloadOptions {
  service: DownloadService;
  http: () => Promise<Http>;
  /** Called with the number of bytes received and, if the storage gives it, the size of the archive. */
  onBytes?: (received: number, total: number | undefined) => void;
  signal: AbortSignal;
}

/** How long Imgwire may take to prepare the archive. */
const READY_TIMEOUT_MS = 600_000;
const MIN_POLL_INTERVAL_MS = 200;
const MAX_POLL_INTERVAL_MS = 5_000;
const MAX_ATTEMPTS = 3;

/**
 * Downloads images: requests an archive from Imgwire, streams it to a folder next to the destination, unpacks
 * it there and moves the images into place. Nothing is moved until everything has arrived, and existing files
 * are kept unless `overwrite` is set.
 *
 * @throws ImgwireError `download_failed`, `download_not_ready`, `download_too_large`, `archive_refused`,
 *   `file_exists`, `file_unwritable`; UnreachableError; whatever the service throws; the signal's reason
 */
export async function download(
  imageIds: readonly string[],
  destination: Destination,
  options: DownloadOptions
): Promise<readonly SavedImage[]> {
  // Create the folder first: an unwritable disk should be noticed before Imgwire prepares anything.
  const workFolder = await mkdtemp(join(destination.folder, ".imgwire-download-")).catch((error: unknown) => {
    throw unwritable(destination.folder, error);
  });
  try {
    const job = await prepared(await options.service.create(imageIds), options);
    const archive = join(workFolder, "archive.zip");
    const maxBytes = imageIds.length * MAX_UPLOAD_BYTES;
    await fetchArchive(job, archive, maxBytes, options);
    const images = await unpack(
      archive,
      workFolder,
      { files: imageIds.length, bytes: maxBytes },
      options.signal
    );
    return await place(images, destination);
  } finally {
    await rm(workFolder, { recursive: true, force: true });
  }
}

/** Polls until the archive is READY. */
async function prepared(created: DownloadJob, options: DownloadOptions): Promise<DownloadJob> {
  const deadline = Date.now() + READY_TIMEOUT_MS;
  let job = created;
  for (
    let pause = MIN_POLL_INTERVAL_MS;
    job.status !== "READY";
    pause = Math.min(pause * 1.5, MAX_POLL_INTERVAL_MS)
  ) {
    if (job.status === "FAILED") throw failed(job);
    if (Date.now() > deadline) throw notReady(job);
    await delay(pause, undefined, { signal: options.signal });
    job = await options.service.retrieve(job.id);
  }
  return job;
}

/** Streams the archive to disk. Each of up to three attempts starts at byte 0 with the job's latest URL. */
async function fetchArchive(
  job: DownloadJob,
  path: string,
  maxBytes: number,
  options: DownloadOptions
): Promise<void> {
  for (let attempt = 1, current = job; ; attempt += 1) {
    const reason = await attemptFetch(current, path, maxBytes, options);
    if (reason === undefined) return;
    if (attempt >= MAX_ATTEMPTS) {
      throw new UnreachableError(`The archive did not arrive in ${MAX_ATTEMPTS} attempts: ${reason}.`, {
        hint: "Try again."
      });
    }
    await delay(MIN_POLL_INTERVAL_MS * attempt, undefined, { signal: options.signal });
    current = await options.service.retrieve(job.id);
  }
}

/** @returns the reason to try again; undefined if the archive has arrived */
async function attemptFetch(
  { id, downloadUrl }: DownloadJob,
  path: string,
  maxBytes: number,
  options: DownloadOptions
): Promise<string | undefined> {
  if (!downloadUrl)
    throw new ImgwireError("download_failed", `The download job ${id} is READY but has no URL.`);
  const http = await options.http();
  const guard = guardAgainstStall(options.signal);
  try {
    const { statusCode, headers, body } = await http.request(downloadUrl, "server", { signal: guard.signal });
    if (statusCode !== 200) {
      await body.dump();
      return retryReason(statusCode);
    }
    const total = Number(headers["content-length"]) || undefined;
    const watch = async function* (chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
      let received = 0;
      for await (const chunk of chunks) {
        received += chunk.length;
        if (received > maxBytes * 1.01 + 1_048_576) throw tooLarge(id, maxBytes);
        guard.moved();
        options.onBytes?.(received, total);
        yield chunk;
      }
    };
    await pipeline(body, watch, savedTo(path, 0o600, dirname(dirname(path))));
    return undefined;
  } catch (error) {
    options.signal.throwIfAborted();
    if (error instanceof ImgwireError && !(error instanceof UnreachableError)) throw error;
    return (error as Error).message;
  } finally {
    guard.end();
  }
}

/**
 * Returns the reason to try again after a failure; throws if that would be useless. A 403 can mean that the
 * URL has expired; fetching the job again returns a new one. Redirects aren't followed.
 */
function retryReason(status: number): string {
  const reason = `the storage answered ${status}`;
  if (status === 403 || status === 408 || status === 429 || status >= 500) return reason;
  throw new ImgwireError("download_failed", `The archive could not be fetched: ${reason}.`);
}

function failed(job: DownloadJob): ImgwireError {
  return new ImgwireError("download_failed", `Imgwire could not prepare the download (job ${job.id}).`, {
    hint: "Check that every image is READY, for example with `imgwire show <id>`.",
    agentHint: "Check with retrieve_image that every image is READY."
  });
}

function notReady(job: DownloadJob): ImgwireError {
  return new ImgwireError("download_not_ready", `Imgwire is still preparing the download (job ${job.id}).`, {
    hint: "Try again later, with fewer images at a time."
  });
}

function tooLarge(id: string, maxBytes: number): ImgwireError {
  return new ImgwireError(
    "download_too_large",
    `The archive of job ${id} is larger than its images can be (${maxBytes} bytes), so the download was stopped.`
  );
}
