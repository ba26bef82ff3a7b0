import { isObject } from "../system/json.ts";
import { type Inspected, inspect } from "./inspect.ts";
import { approveFile } from "./open.ts";
import { type PathPolicy, resolveRoots } from "./roots.ts";
import { FileCache } from "./file-cache.ts";
import { openForUpload, type UploadOptions } from "./upload.ts";

/** What is cached about a file. */
type Known = Pick<Inspected, "sha256" | "hasPosition">;

/**
 * Inspects files and skips those that haven't changed since an earlier inspection, in this process or a
 * previous one. Files that the upload roots no longer allow are still refused.
 */
export class Inspections {
  readonly #options: Pick<UploadOptions, "policy" | "stripMetadata" | "signal">;
  readonly #seen: FileCache<Known>;
  #policy: Promise<PathPolicy> | undefined;

  /**
   * @param cacheFile a file in the program's cache folder, a different one for each `stripMetadata` setting
   */
  constructor(cacheFile: string, options: Pick<UploadOptions, "policy" | "stripMetadata" | "signal">) {
    this.#options = options;
    this.#seen = new FileCache(cacheFile, isKnown);
  }

  /** @throws ImgwireError as {@link openForUpload} and {@link inspect} */
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
