import { dirname, relative, sep } from "node:path";
import type { Document } from "./document.ts";
import { splitDelivery } from "./delivery.ts";
import type { LockFile } from "./lock-file.ts";
import type { Reference } from "./reference.ts";

/** A file that a delivery URL may stand for, and how the document named it before. */
interface Candidate {
  path: string;
  text: string;
}

/** Maps the delivery URLs in one document back to the files and to the text that they replaced. */
export class OriginalFinder {
  readonly #document: Document;
  readonly #lock: LockFile;
  /** For each reference, its index among those with the same delivery URL; below, how many there are. */
  readonly #ordinals = new Map<Reference, number>();
  readonly #counts = new Map<string, number>();

  constructor(document: Document, lock: LockFile) {
    this.#document = document;
    this.#lock = lock;
    for (const reference of document.references) {
      const base = splitDelivery(reference.url, (start) => lock.filesOf(start).length > 0)?.base;
      if (base === undefined) continue;
      const count = this.#counts.get(base) ?? 0;
      this.#ordinals.set(reference, count);
      this.#counts.set(base, count + 1);
    }
  }

  /**
   * Returns one candidate if the lock file identifies it, otherwise every file that the URL was published
   * for.
   */
  candidatesFor(reference: Reference, base: string): readonly Candidate[] {
    const known = this.#lock.filesOf(base).map((path) => {
      return { path, texts: this.#lock.originalsOf(path, this.#document.path) };
    });
    const here = known.filter(({ texts }) => texts !== undefined);
    const count = this.#counts.get(base) ?? 0;
    const ordinal = this.#ordinals.get(reference) ?? 0;
    if (here.length > 1 && here.every(({ texts }) => texts?.length === count)) {
      const own = here.filter(({ texts }) => typeof texts?.[ordinal] === "string");
      if (own.length > 0) return own.map(({ path, texts }) => ({ path, text: texts?.[ordinal] ?? "" }));
    }
    return (here.length > 0 ? here : known).map(({ path, texts }) => ({
      path,
      text: this.#textFor(path, texts, ordinal)
    }));
  }

  /**
   * Returns the original text. If references have been added or removed since, returns the text of another
   * reference to the same file, or the file's path.
   */
  #textFor(path: string, texts: readonly (string | null)[] | undefined, ordinal: number): string {
    const known = texts?.filter((text) => text !== null) ?? [];
    return texts?.[ordinal] ?? known[0] ?? this.#pathTo(path);
  }

  #pathTo(path: string): string {
    const steps = relative(dirname(this.#document.path), path).split(sep);
    return steps.map(encodeURIComponent).join("/").replaceAll("%40", "@");
  }
}
