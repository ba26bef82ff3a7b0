import { setMaxListeners } from "node:events";
import { ImgwireError, RateLimitedError, SignInNeededError } from "../errors.ts";
import { RateLimiter } from "../system/rate-limiter.ts";
import type { Gathered } from "./gather.ts";
import { approveFile } from "./open.ts";
import type { FileCache } from "./file-cache.ts";
import { upload, type Uploaded, type UploadOptions } from "./upload.ts";

/** The result for one file in a batch. */
export type FileOutcome = { path: string; uploaded: Uploaded } | { path: string; error: unknown };

/** What is cached about an upload. */
export type KnownUpload = Omit<Uploaded, "path">;

/** Options for uploading many files. */
export interface BatchOptions extends UploadOptions {
  /** Cache of earlier uploads: files that haven't changed since aren't looked up at Imgwire again. */
  memory?: FileCache<KnownUpload> | undefined;
  /** The number of parallel uploads; 12 by default. */
  concurrency?: number;
  /** Called after each upload, before `onFile`. If it rejects, the file counts as failed. */
  onUploaded?: ((uploaded: Uploaded) => Promise<void>) | undefined;
  /** Called when a file is finished, whether it succeeded or failed. */
  onFile?: (outcome: FileOutcome, finished: number) => void;
}

const DEFAULT_CONCURRENCY = 12;

/** Errors that would affect every other file as well. */
const HOPELESS = new Set([
  "PaymentRequiredError",
  "OperationNotAllowedError",
  "ResourceNotAuthorizedError",
  "InvalidTokenError",
  "forbidden",
  "rate_limited",
  "environment_unknown",
  "environment_ambiguous"
]);

/**
 * Uploads many files in parallel. A failure doesn't stop the others, and images that Imgwire already has
 * aren't sent again, so an interrupted batch can simply be rerun.
 *
 * An error that would affect every other file as well, such as a missing payment, stops the batch, and the
 * remaining files end as `not_tried`.
 * @returns one outcome per file, in the given order
 * @throws SignInNeededError; an error that stopped the batch before any file was uploaded; the signal's
 *   reason
 */
export async function uploadAll(
  files: readonly Gathered[],
  options: BatchOptions
): Promise<readonly FileOutcome[]> {
  const outcomes: FileOutcome[] = [];
  const queue = files.entries();
  let finished = 0;
  let stopped: ImgwireError | undefined;
  // Every upload in progress listens to the same signal.
  setMaxListeners(0, options.signal);
  const shared = { pace: new RateLimiter(), ...options, calls: new RateLimiter() };
  const work = async (): Promise<void> => {
    for (const [index, file] of queue) {
      const outcome = stopped ? notTried(file, stopped) : await outcomeOf(file, shared);
      if ("error" in outcome && isHopeless(outcome.error)) stopped ??= outcome.error;
      outcomes[index] = outcome;
      finished += 1;
      options.onFile?.(outcome, finished);
    }
  };
  await Promise.all(Array.from({ length: options.concurrency ?? DEFAULT_CONCURRENCY }, work));
  if (stopped && !outcomes.some((outcome) => "uploaded" in outcome)) throw stopped;
  return outcomes;
}

/** `calls` paces calls to Imgwire; storage has its own pace. */
interface Shared extends BatchOptions {
  calls: RateLimiter;
}

async function outcomeOf(file: Gathered, options: Shared): Promise<FileOutcome> {
  if ("error" in file) return file;
  options.signal.throwIfAborted();
  try {
    const uploaded = await uploadOnce(file.path, options);
    await options.onUploaded?.(uploaded);
    return { path: file.path, uploaded };
  } catch (error) {
    options.signal.throwIfAborted();
    if (error instanceof SignInNeededError) throw error;
    return { path: file.path, error };
  }
}

async function uploadOnce(path: string, options: Shared): Promise<Uploaded> {
  const { memory, policy, ask } = options;
  if (!memory) return uploadPaced(path, options);
  const approved = await approveFile(path, policy, ask);
  const known = memory.get(approved);
  if (known) return { ...known, path: approved.path };
  const uploaded = await uploadPaced(path, options);
  const { file, image, state } = uploaded;
  if (state === "ready") memory.set(approved, { file, image, state, sent: false });
  return uploaded;
}

const MAX_ATTEMPTS = 6;
const MAX_RETRY_AFTER_MS = 60_000;
/** How long to wait if the service doesn't say. */
const DEFAULT_RETRY_AFTER_MS = 5_000;

/** Uploads a file. If Imgwire rate-limits a call, all files wait for as long as it asks, up to a minute. */
async function uploadPaced(path: string, options: Shared): Promise<Uploaded> {
  for (let attempt = 1; ; attempt += 1) {
    await options.calls.turn(options.signal);
    try {
      const uploaded = await upload(path, options);
      options.calls.accepted();
      return uploaded;
    } catch (error) {
      if (!(error instanceof RateLimitedError) || attempt === MAX_ATTEMPTS) throw error;
      const waitMs = error.retryAfterMs ?? DEFAULT_RETRY_AFTER_MS;
      if (waitMs > MAX_RETRY_AFTER_MS) throw error;
      options.calls.refused(waitMs);
    }
  }
}

function isHopeless(error: unknown): error is ImgwireError {
  return error instanceof ImgwireError && HOPELESS.has(error.code);
}

function notTried({ path }: Gathered, { message, hint }: ImgwireError): FileOutcome {
  const error = new ImgwireError("not_tried", `${path} was not tried: ${message}`, { ...(hint && { hint }) });
  return { path, error };
}
