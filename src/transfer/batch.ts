import { setMaxListeners } from "node:events";
import { ImgwireError, RateLimitedError, SignInNeededError } from "../errors.ts";
import { Pace } from "../system/pace.ts";
import type { Gathered } from "./gather.ts";
import { approveFile } from "./open.ts";
import type { SeenFiles } from "./seen.ts";
import { upload, type Uploaded, type UploadOptions } from "./upload.ts";

/** What became of one file of many. */
export type FileOutcome = { path: string; uploaded: Uploaded } | { path: string; error: unknown };

/** What is remembered of an upload. */
export type KnownUpload = Omit<Uploaded, "path">;

/** What an upload of many files works with. */
export interface BatchOptions extends UploadOptions {
  /** Earlier uploads: the service isn't asked about files that haven't changed since. */
  memory?: SeenFiles<KnownUpload> | undefined;
  /** How many files are uploaded at the same time; default 12. */
  concurrency?: number;
  /** Called for every file that is finished, whether it was uploaded or failed. */
  onFile?: (outcome: FileOutcome, finished: number) => void;
}

const DEFAULT_CONCURRENCY = 12;

/** Errors that every other file would meet as well. */
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
 * Uploads many files, a few at a time. One that fails doesn't stop the rest, and what the service already has
 * isn't sent again, so a batch that was cut short can simply be run again.
 *
 * An error that every other file would meet as well, such as a missing payment, stops the batch at the first:
 * files that were not tried end as `not_tried`.
 * @returns one outcome per file, in the order given
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
  // Every upload under way listens for the same cancellation.
  setMaxListeners(0, options.signal);
  const shared = { pace: new Pace(), ...options, calls: new Pace() };
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

/** `calls` is the pace of calls to the service; storage has its own. */
interface Shared extends BatchOptions {
  calls: Pace;
}

async function outcomeOf(file: Gathered, options: Shared): Promise<FileOutcome> {
  if ("error" in file) return file;
  options.signal.throwIfAborted();
  try {
    return { path: file.path, uploaded: await uploadOnce(file.path, options) };
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

/**
 * Where the service refuses a call as one too many, all files wait as long as it asks for, up to a minute.
 */
async function uploadPaced(path: string, options: Shared): Promise<Uploaded> {
  for (let attempt = 1; ; attempt += 1) {
    await options.calls.turn(options.signal);
    try {
      const uploaded = await upload(path, options);
      options.calls.accepted();
      return uploaded;
    } catch (error) {
      if (!(error instanceof RateLimitedError) || attempt === MAX_ATTEMPTS) throw error;
      const waitMs = error.retryAfterMs ?? 5_000;
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
