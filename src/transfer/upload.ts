import { setTimeout as delay } from "node:timers/promises";
import { ImgwireError, UnreachableError } from "../errors.ts";
import type { Http } from "../system/http.ts";
import { RateLimiter } from "../system/rate-limiter.ts";
import { type Inspected, inspect } from "./inspect.ts";
import { type AskForFolder, openApproved, type OpenFile } from "./open.ts";
import { withoutMetadata } from "./metadata/strip.ts";
import { put } from "./put.ts";
import type { PathPolicy } from "./roots.ts";
import type { CreatedUpload, ImageRecord, UploadService } from "./service.ts";
import type { UploadTarget } from "./signed-request.ts";

/** Options for an upload. */
export interface UploadOptions {
  service: UploadService;
  http: () => Promise<Http>;
  policy: PathPolicy;
  ask?: AskForFolder | undefined;
  /**
   * Whether to remove positions, serial numbers and names from the image before sending it; false by default.
   */
  stripMetadata?: boolean | undefined;
  /** Shared by concurrent uploads; by default each upload has its own. */
  pace?: RateLimiter;
  /** Called with the number of bytes sent; drops back to 0 if an attempt has to be repeated. */
  onBytes?: (sent: number, file: Inspected) => void;
  signal: AbortSignal;
}

/** The result of an upload. */
export interface Uploaded {
  /** The file's path with symbolic links resolved. */
  path: string;
  file: Inspected;
  image: ImageRecord;
  /** `processing`: the bytes are stored, but the image is not READY yet. */
  state: "ready" | "processing";
  /** False if Imgwire already had the image, so nothing was sent. */
  sent: boolean;
}

const READY_TIMEOUT_MS = 30_000;
const MIN_POLL_INTERVAL_MS = 60;
const MAX_POLL_INTERVAL_MS = 3_000;

/**
 * Uploads one local file: approves and opens it, inspects it, creates the upload, sends the bytes, and waits
 * until the image is READY.
 * @throws ImgwireError as {@link openApproved}, {@link inspect} and {@link put}; `quarantined`,
 *   `stored_differently`, `upload_url_missing`; whatever the service throws; the signal's reason
 */
export async function upload(typed: string, options: UploadOptions): Promise<Uploaded> {
  const opened = await openForUpload(typed, options);
  try {
    const file = await inspect(opened, options.signal);
    const created = await create(options.service, file);
    // An image that is no longer PENDING already has its bytes.
    const sent = created.image.status === "PENDING";
    const { image: stored } = sent ? await send(created, opened, file, options) : created;
    const image = await waitUntilReady(stored, file, options);
    verifyStored(image, file);
    const state = image.status === "READY" ? "ready" : "processing";
    return { path: opened.path, file, image, state, sent };
  } finally {
    await opened.handle.close();
  }
}

/**
 * Opens an approved file. With `stripMetadata`, returns a copy without metadata to be inspected and sent
 * instead.
 * @throws ImgwireError as {@link openApproved} and {@link withoutMetadata}
 */
export async function openForUpload(
  typed: string,
  { policy, ask, stripMetadata, signal }: Pick<UploadOptions, "policy" | "ask" | "stripMetadata" | "signal">
): Promise<OpenFile> {
  const file = await openApproved(typed, policy, ask);
  if (!stripMetadata) return file;
  try {
    return await withoutMetadata(file, signal);
  } catch (error) {
    await file.handle.close();
    throw error;
  }
}

async function create(service: UploadService, file: Inspected): Promise<CreatedUpload> {
  const created = await service.create(file);
  return created.image["deleted_at"] ? service.create(file, created.image.id) : created;
}

/** @returns the upload that received the bytes; a renewed URL may belong to a different image */
async function send(
  created: CreatedUpload,
  opened: OpenFile,
  file: Inspected,
  options: UploadOptions
): Promise<CreatedUpload> {
  let current = created;
  const onBytes = options.onBytes && ((sent: number) => options.onBytes?.(sent, file));
  await put({
    http: await options.http(),
    file: opened,
    facts: file,
    target: requireTarget(current.target),
    renew: async () => requireTarget((current = await options.service.create(file)).target),
    ...(onBytes && { onBytes }),
    pace: options.pace ?? new RateLimiter(),
    signal: options.signal
  });
  return current;
}

function requireTarget(target: UploadTarget | undefined): UploadTarget {
  if (target) return target;
  throw new ImgwireError("upload_url_missing", "Imgwire created the upload but didn't return a URL for it.");
}

/** Polls until the image is READY or the timeout expires. */
async function waitUntilReady(
  stored: ImageRecord,
  file: Inspected,
  options: UploadOptions
): Promise<ImageRecord> {
  const deadline = Date.now() + READY_TIMEOUT_MS;
  let image = stored;
  for (let pause = 0; !isSettled(image, file) && Date.now() <= deadline; pause = nextPause(pause)) {
    await delay(pause, undefined, { signal: options.signal });
    image = { ...image, ...(await refetch(image, options.service)) };
  }
  return image;
}

function isSettled(image: ImageRecord, file: Inspected): boolean {
  if (image.status === "QUARANTINE") throw quarantined(image, file);
  return image.status === "READY";
}

function nextPause(pause: number): number {
  return Math.min(Math.max(pause * 1.5, MIN_POLL_INTERVAL_MS), MAX_POLL_INTERVAL_MS);
}

/** If Imgwire can't be reached, the next poll tries again. */
async function refetch(image: ImageRecord, service: UploadService): Promise<ImageRecord> {
  try {
    return await service.retrieve(image.id);
  } catch (error) {
    if (error instanceof UnreachableError) return image;
    throw error;
  }
}

function verifyStored(image: ImageRecord, file: Inspected): void {
  const hash = image["hash_sha256"];
  if (typeof hash !== "string" || !/^[0-9a-f]{64}$/i.test(hash) || hash.toLowerCase() === file.sha256) return;
  throw new ImgwireError(
    "stored_differently",
    `Imgwire stored different bytes for ${file.fileName} than were sent (image ${image.id}).`,
    { hint: "Upload it again." }
  );
}

function quarantined(image: ImageRecord, { fileName }: Inspected): ImgwireError {
  return new ImgwireError(
    "quarantined",
    `Imgwire could not process ${fileName} and has quarantined it (image ${image.id}).`,
    { hint: "Check that it opens in an image viewer." }
  );
}
