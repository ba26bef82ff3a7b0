import { isObject } from "../system/json.ts";
import { type Inspected, inspect } from "./inspect.ts";
import { approveFile } from "./open.ts";
import { type PathPolicy, resolveRoots } from "./roots.ts";
import { SeenFiles } from "./seen.ts";
import { openForUpload, type UploadOptions } from "./upload.ts";

/** What is remembered of a file. */
type Known = Pick<Inspected, "sha256" | "hasPosition">;

/**
 * Inspects many files, and reads none that hasn't changed since it was inspected before, in this process or
 * in an earlier one. A file that the upload roots don't allow any more is refused all the same.
 */
export class Inspections {
  readonly #options: Pick<UploadOptions, "policy" | "stripMetadata" | "signal">;
  readonly #seen: SeenFiles<Known>;
  #policy: Promise<PathPolicy> | undefined;

  /** @param cacheFile a file of the program's cache folder, of its own for each way to strip metadata */
  constructor(cacheFile: string, options: Pick<UploadOptions, "policy" | "stripMetadata" | "signal">) {
    this.#options = options;
    this.#seen = new SeenFiles(cacheFile, isKnown);
  }

  /** @throws ImgwireError: what {@link openForUpload} and {@link inspect} throw */
  async inspect(path: string): Promise<Known> {
    const { signal } = this.#options;
    const policy = await (this.#policy ??= this.#resolved());
    const approved = await approveFile(path, policy);
    const known = this.#seen.get(approved);
    if (known) return known;
    const file = await openForUpload(path, { ...this.#options, policy });
    try {
      const { sha256, hasPosition } = await inspect(file, signal);
      this.#seen.set(approved, { sha256, hasPosition });
      return { sha256, hasPosition };
    } finally {
      await file.handle.close();
    }
  }

  save(): Promise<void> {
    return this.#seen.save();
  }

  async #resolved(): Promise<PathPolicy> {
    const { policy } = this.#options;
    return { ...policy, resolvedRoots: await resolveRoots(policy) };
  }
}

function isKnown(value: unknown): boolean {
  return isObject(value) && typeof value["sha256"] === "string" && typeof value["hasPosition"] === "boolean";
}
