import { join } from "node:path";
import { ImgwireError } from "../errors.ts";
import { slashPath } from "../system/path.ts";
import { readTextFile } from "../system/read.ts";
import { writeFileAtomic } from "../system/write.ts";
import { type Entry, formatLock, mergeEntries, parseLock, reasonOf } from "./lock-format.ts";

/** The file in the project's folder that records what was published. */
export const LOCK_FILE = "imgwire.lock.json";

/** An image that was uploaded. */
export type Published = Pick<Entry, "sha256" | "imageId" | "cdnUrl">;

/** A reference that now has a delivery URL: the file it refers to, and the text that it replaced. */
export interface Original {
  path: string;
  url: string;
  /** Empty if the reference didn't exist before. */
  text: string;
}

const MAX_BYTES = 256 * 1024 * 1024;

/**
 * Records what a project has published: the path of each image, relative to the project's folder and with `/`
 * as its separator, and where it was uploaded to.
 *
 * It maps the delivery URLs in documents back to the image files, so it belongs under version control.
 */
export class LockFile {
  readonly #path: string;
  readonly #folder: string;
  readonly #entries: Map<string, Entry>;
  /** For each URL, the files whose current URL it is; below, the files whose URL it was earlier. */
  readonly #current = new Map<string, Set<string>>();
  readonly #earlier = new Map<string, Set<string>>();
  /** The files that each document refers to. */
  readonly #byDocument = new Map<string, Set<string>>();
  #saved: string;

  private constructor(folder: string, entries: Map<string, Entry>, text: string) {
    this.#folder = folder;
    this.#path = join(folder, LOCK_FILE);
    this.#entries = entries;
    this.#saved = text;
    for (const [key, entry] of entries) this.#index(key, entry);
  }

  /**
   * Reads a project's lock file; a missing one counts as empty.
   * @throws ImgwireError `lock_file_unusable` if it can't be read or has another format
   */
  static read(folder: string): LockFile {
    const path = join(folder, LOCK_FILE);
    try {
      const text = readTextFile(path, { maxBytes: MAX_BYTES });
      return new LockFile(
        folder,
        text === undefined ? new Map<string, Entry>() : parseLock(text),
        text ?? ""
      );
    } catch (error) {
      throw new ImgwireError("lock_file_unusable", `${path} can't be used: ${reasonOf(error)}.`, {
        hint: "Restore it from version control. Or remove it: images are then uploaded again, and URLs already in documents stay.",
        cause: error
      });
    }
  }

  /** The number of images. */
  get size(): number {
    return this.#entries.size;
  }

  /** Iterates over all images by absolute path. */
  *images(): Generator<[path: string, Entry]> {
    for (const [key, entry] of this.#entries) yield [this.#pathOf(key), entry];
  }

  /** Returns the upload recorded for a file, whatever the file contains now. */
  get(path: string): Published | undefined {
    return this.#entries.get(this.keyOf(path));
  }

  /**
   * Returns the absolute paths of the files whose current URL this is or, if there are none, of the files
   * whose URL it was earlier. Files with the same content can share a URL.
   */
  filesOf(cdnUrl: string): readonly string[] {
    const keys = this.#current.get(cdnUrl) ?? this.#earlier.get(cdnUrl) ?? [];
    return [...keys].map((key) => this.#pathOf(key));
  }

  /** Returns how a document referred to a file before it was published; see {@link Entry.originals}. */
  originalsOf(path: string, document: string): readonly (string | null)[] | undefined {
    return this.#entries.get(this.keyOf(path))?.originals.get(this.keyOf(document));
  }

  /** Whether a URL has the same origin as one that was published from here. */
  hasOrigin(origin: string): boolean {
    this.#origins ??= new Set(
      [...this.#current.keys(), ...this.#earlier.keys()].map((url) => new URL(url).origin)
    );
    return this.#origins.has(origin);
  }
  #origins: Set<string> | undefined;

  /** The key of a file in the lock file. */
  keyOf(path: string): string {
    return slashPath(this.#folder, path);
  }

  /** Records the upload of a file. */
  record(path: string, { sha256, imageId, cdnUrl }: Published): void {
    const key = this.keyOf(path);
    const before = this.#entries.get(key);
    const earlier = before ? [before.cdnUrl, ...before.previous] : [];
    const previous = [...new Set(earlier)].filter((url) => url !== cdnUrl);
    const entry = {
      sha256,
      imageId,
      cdnUrl,
      previous,
      originals: before?.originals ?? new Map<string, string[]>()
    };
    if (before) remove(this.#current, before.cdnUrl, key);
    this.#entries.set(key, entry);
    this.#index(key, entry);
  }

  /** Records a document's references that have delivery URLs, in order. Replaces those recorded before. */
  recordReferences(document: string, references: readonly Original[]): void {
    const name = this.keyOf(document);
    for (const key of this.#byDocument.get(name) ?? []) {
      const entry = this.#entries.get(key);
      if (entry) this.#entries.set(key, { ...entry, originals: without(entry.originals, name) });
    }
    this.#byDocument.delete(name);
    for (const same of byUrl(references)) {
      for (const path of new Set(same.map((each) => each.path))) {
        const key = this.keyOf(path);
        const entry = this.#entries.get(key);
        if (!entry) continue;
        const texts = same.map((each) => (each.path === path ? each.text : null));
        this.#entries.set(key, { ...entry, originals: new Map([...entry.originals, [name, texts]]) });
        add(this.#byDocument, name, key);
      }
    }
  }

  /** Removes a file. */
  forget(path: string): void {
    this.#entries.delete(this.keyOf(path));
  }

  /**
   * Writes the lock file if anything has changed.
   * @throws ImgwireError `lock_file_unwritable`
   */
  async save(): Promise<void> {
    const text = formatLock(this.#entries);
    if (text === this.#saved || (this.#saved === "" && this.#entries.size === 0)) return;
    try {
      await writeFileAtomic(this.#path, text, { mode: 0o644, within: this.#folder });
      this.#saved = text;
    } catch (error) {
      throw new ImgwireError(
        "lock_file_unwritable",
        `${this.#path} can't be written: ${(error as Error).message}.`,
        {
          hint: "No document was changed, because without this file the new URLs couldn't be traced back to the images.",
          cause: error
        }
      );
    }
  }

  #index(key: string, { cdnUrl, previous, originals }: Entry): void {
    add(this.#current, cdnUrl, key);
    for (const url of previous) add(this.#earlier, url, key);
    for (const name of originals.keys()) add(this.#byDocument, name, key);
  }

  #pathOf(key: string): string {
    return join(this.#folder, ...key.split("/"));
  }
}

function add(index: Map<string, Set<string>>, url: string, key: string): void {
  const keys = index.get(url);
  if (keys) keys.add(key);
  else index.set(url, new Set([key]));
}

function remove(index: Map<string, Set<string>>, url: string, key: string): void {
  const keys = index.get(url);
  keys?.delete(key);
  if (keys?.size === 0) index.delete(url);
}

function without<T>(map: ReadonlyMap<string, T>, key: string): Map<string, T> {
  const rest = new Map(map);
  rest.delete(key);
  return rest;
}

function byUrl(references: readonly Original[]): Iterable<Original[]> {
  const groups = new Map<string, Original[]>();
  for (const reference of references) {
    const group = groups.get(reference.url);
    if (group) group.push(reference);
    else groups.set(reference.url, [reference]);
  }
  return groups.values();
}

/** Merges two versions of a lock file. This is the git merge driver. */
export function mergeLocks(ours: string, theirs: string): string {
  return formatLock(mergeEntries(parseLock(ours), parseLock(theirs)));
}
