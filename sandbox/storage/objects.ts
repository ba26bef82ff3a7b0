import { createHash, randomUUID } from "node:crypto";
import { createWriteStream } from "node:fs";
import { mkdtemp, rename, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";

/** A completely stored object. */
export interface StoredObject {
  path: string;
  size: number;
  /** In hex. */
  sha256: string;
}

/** The store's objects: files in a private temporary folder, never held in memory. */
export class Objects {
  readonly #folder: string;
  readonly #objects = new Map<string, StoredObject>();

  private constructor(folder: string) {
    this.#folder = folder;
  }

  static async open(): Promise<Objects> {
    return new Objects(await mkdtemp(join(tmpdir(), "imgwire-sandbox-")));
  }

  get(key: string): StoredObject | undefined {
    return this.#objects.get(key);
  }

  /**
   * Stores a stream under a key. An existing object stays until the last byte has arrived.
   * @param onBytes called with the length of every chunk
   * @throws if the stream breaks or isn't `length` bytes long; nothing is stored then
   */
  async put(
    key: string,
    source: Readable,
    length: number | undefined,
    onBytes: (count: number) => void
  ): Promise<StoredObject> {
    const partial = join(this.#folder, randomUUID());
    const hash = createHash("sha256");
    let size = 0;
    try {
      await pipeline(
        source,
        async function* (chunks: AsyncIterable<Buffer>) {
          for await (const chunk of chunks) {
            hash.update(chunk);
            size += chunk.length;
            onBytes(chunk.length);
            yield chunk;
          }
        },
        createWriteStream(partial, { flags: "wx", mode: 0o600 })
      );
      if (length !== undefined && size !== length) throw new Error(`expected ${length} bytes, got ${size}`);
    } catch (error) {
      await rm(partial, { force: true });
      throw error;
    }
    return this.#keep(key, partial, size, hash.digest("hex"));
  }

  async close(): Promise<void> {
    await rm(this.#folder, { recursive: true, force: true });
  }

  async #keep(key: string, partial: string, size: number, sha256: string): Promise<StoredObject> {
    const path = join(this.#folder, createHash("sha256").update(key).digest("hex"));
    await rename(partial, path);
    const object = { path, size, sha256 };
    this.#objects.set(key, object);
    return object;
  }
}
