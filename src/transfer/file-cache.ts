import { isObject } from "../system/json.ts";
import { readJsonIfUsable } from "../system/read.ts";
import { writeFileAtomic } from "../system/write.ts";
import type { ApprovedFile } from "./open.ts";

const MAX_FILES = 50_000;
const MAX_BYTES = 64 * 1024 * 1024;

/** A result for one file: the file's stamp, the time in milliseconds, and the value. */
type Entry<T> = [stamp: string, at: number, value: T];

/**
 * Remembers results for files, in a file in the cache folder, until the files change. A damaged cache counts
 * as empty.
 */
export class FileCache<T> {
  readonly #path: string;
  readonly #maxAgeMs: number;
  readonly #entries = new Map<string, Entry<T>>();
  #changed = false;

  /** @param isValue validates a value read from the cache file */
  constructor(path: string, isValue: (value: unknown) => boolean, maxAgeMs = Infinity) {
    this.#path = path;
    this.#maxAgeMs = maxAgeMs;
    const content = readJsonIfUsable(path, { maxBytes: MAX_BYTES });
    for (const [file, entry] of Object.entries(isObject(content) ? content : {})) {
      if (isEntry(entry) && isValue(entry[2])) this.#entries.set(file, entry as Entry<T>);
    }
  }

  get({ path, stamp }: ApprovedFile): T | undefined {
    const entry = this.#entries.get(path);
    const isCurrent = entry?.[0] === stamp && Date.now() - entry[1] < this.#maxAgeMs;
    return isCurrent ? entry[2] : undefined;
  }

  /** @param file the file as it was before it was read */
  set({ path, stamp, settled }: ApprovedFile, value: T): void {
    // Move the entry to the end, because the oldest entries are removed first.
    this.#entries.delete(path);
    if (settled) this.#entries.set(path, [stamp, Date.now(), value]);
    this.#changed = true;
  }

  /** Writes new entries to disk. If that fails, the files are simply read again next time. */
  async save(): Promise<void> {
    if (!this.#changed) return;
    const kept = [...this.#entries].slice(-MAX_FILES);
    await writeFileAtomic(this.#path, JSON.stringify(Object.fromEntries(kept))).catch(() => undefined);
    this.#changed = false;
  }
}

function isEntry(entry: unknown): entry is Entry<unknown> {
  return (
    Array.isArray(entry) && entry.length === 3 && typeof entry[0] === "string" && typeof entry[1] === "number"
  );
}
