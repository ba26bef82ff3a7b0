import { join } from "node:path";
import type { Log } from "../../log.ts";
import { readJsonFile } from "../../system/read.ts";
import { isObject } from "../../system/json.ts";
import { type Era } from "../protocol/message.ts";

/** A verdict is believed for a week: a server that has been upgraded would otherwise never be found out. */
const BELIEVED_MS = 7 * 24 * 60 * 60 * 1_000;

/**
 * Whether the hosted server was seen to speak the legacy era only, and when: spares the next process the
 * attempt.
 */
export class EraMemory {
  #legacyAt: number | undefined;
  #file: string;
  /** Resolves when what was noted is on disk. */
  saved: Promise<void> = Promise.resolve();

  /** @param name tells the hosted server's file from others' */
  constructor(
    cacheDir: string,
    name: string,
    private readonly log: Log
  ) {
    this.#file = join(cacheDir, `era-${name}.json`);
    this.#legacyAt = this.#read();
  }

  /**
   * The era to try first: the modern one, which a server of both speaks too, unless it is known not to be
   * spoken.
   */
  get first(): Era {
    const age = this.#legacyAt === undefined ? Number.NaN : Date.now() - this.#legacyAt;
    return age >= 0 && age < BELIEVED_MS ? "legacy" : "modern";
  }

  /** Notes the era the server was spoken with, where that is news. */
  spoke(era: Era): void {
    if (era === this.first) return;
    this.#legacyAt = era === "legacy" ? Date.now() : undefined;
    this.saved = this.#write().catch((error: unknown) =>
      this.log.debug(`The hosted server's era was not remembered: ${String(error)}`)
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
