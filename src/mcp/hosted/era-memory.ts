import { join } from "node:path";
import type { Log } from "../../log.ts";
import { isObject } from "../../system/json.ts";
import { readJsonFile } from "../../system/read.ts";
import type { Era } from "../protocol/message.ts";

/** How long the era is remembered. Without a limit, we would never notice that a server was upgraded. */
const MAX_AGE_MS = 7 * 24 * 60 * 60 * 1_000;

/**
 * Remembers on disk that the hosted server speaks only the legacy era, so that the next process doesn't try
 * the modern one first.
 */
export class EraMemory {
  #legacyAt: number | undefined;
  #file: string;
  /** Resolves when the last change is on disk. */
  saved: Promise<void> = Promise.resolve();

  /** @param name identifies the hosted server in the file's name */
  constructor(
    cacheDir: string,
    name: string,
    private readonly log: Log
  ) {
    this.#file = join(cacheDir, `era-${name}.json`);
    this.#legacyAt = this.#read();
  }

  /** The era to try first: the modern one, unless the server is known not to speak it. */
  get first(): Era {
    const age = this.#legacyAt === undefined ? Number.NaN : Date.now() - this.#legacyAt;
    return age >= 0 && age < MAX_AGE_MS ? "legacy" : "modern";
  }

  /** Records the era that the server speaks. */
  record(era: Era): void {
    if (era === this.first) return;
    this.#legacyAt = era === "legacy" ? Date.now() : undefined;
    this.saved = this.#write().catch((error: unknown) =>
      this.log.debug(`The server's protocol era was not saved: ${String(error)}`)
    );
  }

  async #write(): Promise<void> {
    const { writeFileAtomic } = await import("../../system/write.ts");
    await writeFileAtomic(this.#file, `${JSON.stringify({ legacyAt: this.#legacyAt })}\n`);
  }

  #read(): number | undefined {
    try {
      const value = readJsonFile(this.#file);
      return isObject(value) && typeof value["legacyAt"] === "number" ? value["legacyAt"] : undefined;
    } catch (error) {
      this.log.debug(`${this.#file} is ignored: ${String(error)}`);
      return undefined;
    }
  }
}
