import { isObject } from "../system/json.ts";
import { readJsonIfUsable } from "../system/read.ts";
import { writeFileAtomic } from "../system/write.ts";
import type { ApprovedFile } from "./open.ts";

const MAX_FILES = 50_000;
const MAX_BYTES = 64 * 1024 * 1024;

/** What was found out about a file: its stamp then, when that was in milliseconds, and what it was. */
type Entry<T> = [stamp: string, at: number, value: T];

/**
 * What was found out about files, kept in a file of the cache folder for as long as they don't change. A
 * damaged one is empty.
 */
export class SeenFiles<T> {
  readonly #path: string;
  readonly #maxAgeMs: number;
  readonly #entries = new Map<string, Entry<T>>();
  #changed = false;

  /** @param isValue whether what the file holds can be used */
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

  /** @param file as it was before it was read */
  set({ path, stamp, settled }: ApprovedFile, value: T): void {
    // Moved to the end, since those that were set first go first.
    this.#entries.delete(path);
    if (settled) this.#entries.set(path, [stamp, Date.now(), value]);
    this.#changed = true;
  }

  /** Writes them to disk if there is anything new. Where that can't be done, files are read again. */
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
