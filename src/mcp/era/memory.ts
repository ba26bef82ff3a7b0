import { join } from "node:path";
import type { Log } from "../../log.ts";
import { readJsonFile, writeFileAtomic } from "../../system/file.ts";
import { type Era, isObject } from "../message.ts";

/** A refusal is believed for a week: a server that has been upgraded would otherwise never be found out. */
const BELIEVED_MS = 7 * 24 * 60 * 60 * 1_000;

/** Which eras the hosted server was seen to refuse, and when: spares the next process the attempt. */
export class EraMemory {
  #refusedAt: Partial<Record<Era, number>>;
  #file: string;

  /** @param name tells the hosted server's file from others', see {@link fileName} */
  constructor(
    cacheDir: string,
    name: string,
    private readonly log: Log
  ) {
    this.#file = join(cacheDir, `era-${name}.json`);
    this.#refusedAt = this.#read();
  }

  refused(era: Era): boolean {
    const at = this.#refusedAt[era];
    return at !== undefined && at <= Date.now() && Date.now() - at < BELIEVED_MS;
  }

  /** Notes which era the server answered in, when `preferred` was wanted. */
  spoke(era: Era, preferred: Era): void {
    const known = this.refused(preferred);
    if (known === (era !== preferred) && !this.refused(era)) return;
    delete this.#refusedAt[era];
    if (era === preferred) delete this.#refusedAt[preferred];
    else this.#refusedAt[preferred] = Date.now();
    void writeFileAtomic(this.#file, `${JSON.stringify({ refusedAt: this.#refusedAt })}\n`).catch(
      (error: unknown) => this.log.debug(`The hosted server's era was not remembered: ${String(error)}`)
    );
  }

  #read(): Partial<Record<Era, number>> {
    try {
      const value = readJsonFile(this.#file);
      const refusedAt = isObject(value) && isObject(value["refusedAt"]) ? value["refusedAt"] : {};
      const entries = Object.entries(refusedAt).filter(([, at]) => typeof at === "number");
      return Object.fromEntries(entries);
    } catch (error) {
      this.log.debug(`${this.#file} is ignored: ${String(error)}`);
      return {};
    }
  }
}
