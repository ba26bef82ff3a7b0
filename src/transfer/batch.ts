import { setMaxListeners } from "node:events";
import { SignInNeededError } from "../errors.ts";
import type { Gathered } from "./gather.ts";
import { upload, type Uploaded, type UploadOptions } from "./upload.ts";

/** What became of one file of many. */
export type FileOutcome = { path: string; uploaded: Uploaded } | { path: string; error: unknown };

/** What an upload of many files works with. */
export interface BatchOptions extends UploadOptions {
  /** How many files are on their way at the same time; default 12. */
  concurrency?: number;
  /** Told of every file that is finished, well or not. */
  onFile?: (outcome: FileOutcome, finished: number) => void;
}

const DEFAULT_CONCURRENCY = 12;

/**
 * Uploads many files, a few at a time. One that fails does not stop the rest, and what the service has already is not
 * sent again, so a batch that was cut short is simply run once more.
 * @returns one outcome per file, in the order given
 * @throws SignInNeededError, at once, since no other file would fare better; the signal's reason
 */
export async function uploadAll(
  files: readonly Gathered[],
  options: BatchOptions
): Promise<readonly FileOutcome[]> {
  const outcomes: FileOutcome[] = [];
  const queue = files.entries();
  let finished = 0;
  // Every file on its way listens for the same cancellation.
  setMaxListeners(0, options.signal);
  const work = async (): Promise<void> => {
    for (const [index, file] of queue) {
      const outcome = await outcomeOf(file, options);
      outcomes[index] = outcome;
      finished += 1;
      options.onFile?.(outcome, finished);
    }
  };
  await Promise.all(Array.from({ length: options.concurrency ?? DEFAULT_CONCURRENCY }, work));
  return outcomes;
}

async function outcomeOf(file: Gathered, options: BatchOptions): Promise<FileOutcome> {
  if ("error" in file) return file;
  options.signal.throwIfAborted();
  try {
    return { path: file.path, uploaded: await upload(file.path, options) };
  } catch (error) {
    options.signal.throwIfAborted();
    if (error instanceof SignInNeededError) throw error;
    return { path: file.path, error };
  }
}
