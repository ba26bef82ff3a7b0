import { join, relative, sep } from "node:path";
import * as z from "zod";
import { ImgwireError } from "../errors.ts";
import { readJsonFile } from "../system/read.ts";
import { writeFileAtomic } from "../system/write.ts";

/** The name of the file, in the project's folder, that remembers what was published. */
export const LOCK_FILE = "imgwire.lock.json";

/** An image that was uploaded. */
export interface Published {
  /** Of the bytes that were uploaded, lower-case hexadecimal. */
  sha256: string;
  imageId: string;
  /** Where the image is delivered, as {@link deliveryUrl} spells it. */
  cdnUrl: string;
}

interface Entry extends Published {
  /** Where earlier contents of the file are delivered: documents may still hold these URLs. Latest first. */
  previous: readonly string[];
}

/** Raised when files of before can no longer be read, or those of now not by programs of before. */
const FORMAT = 1;

const DeliveryUrl = z.string().transform((text, context) => {
  const url = deliveryUrl(text);
  if (url === undefined) context.addIssue("not an http(s) URL");
  return url ?? "";
});

const Schema = z.object({
  version: z.literal(FORMAT),
  images: z.record(
    z.string(),
    z.object({
      sha256: z.string().regex(/^[0-9a-f]{64}$/),
      image_id: z.string(),
      cdn_url: DeliveryUrl,
      previous_cdn_urls: z.array(DeliveryUrl).optional()
    })
  )
});

/**
 * What of a project has been published: each image's path relative to the project's folder, with `/`, and what became of it.
 *
 * It is the way back from a URL in a document to the file it was made from. It belongs under version control.
 */
export class LockFile {
  readonly #path: string;
  readonly #folder: string;
  readonly #entries: Map<string, Entry>;
  #saved: Promise<void> = Promise.resolve();

  private constructor(folder: string, entries: Map<string, Entry>) {
    this.#folder = folder;
    this.#path = join(folder, LOCK_FILE);
    this.#entries = entries;
  }

  /**
   * Reads the lock file of a project; one that does not exist is empty.
   * @throws ImgwireError `lock_file_unusable` for one that cannot be read as this version's
   */
  static read(folder: string): LockFile {
    const path = join(folder, LOCK_FILE);
    try {
      const content = readJsonFile(path);
      return new LockFile(folder, content === undefined ? new Map<string, Entry>() : parse(content));
    } catch (error) {
      throw new ImgwireError("lock_file_unusable", `${path} cannot be used: ${reasonOf(error)}.`, {
        hint: "Take it from version control again, or remove it: then images are uploaded anew, and URLs already in documents stay.",
        cause: error
      });
    }
  }

  /** What a file was published as, whatever it contains now. */
  get(path: string): Published | undefined {
    return this.#entries.get(this.keyOf(path));
  }

  /**
   * The files that a URL was published for, absolute: those it is current for, or else those it was current for once.
   * Files with equal content can share one URL.
   */
  filesOf(cdnUrl: string): readonly string[] {
    const entries = [...this.#entries];
    const current = entries.filter(([, entry]) => entry.cdnUrl === cdnUrl);
    const found =
      current.length > 0 ? current : entries.filter(([, { previous }]) => previous.includes(cdnUrl));
    return found.map(([key]) => join(this.#folder, ...key.split("/")));
  }

  /** The name of a file in the lock file. */
  keyOf(path: string): string {
    return relative(this.#folder, path).split(sep).join("/");
  }

  /**
   * Notes what a file was published as, and writes the lock file, one write after the other.
   * @throws ImgwireError `lock_file_unwritable`
   */
  async record(path: string, { sha256, imageId, cdnUrl }: Published): Promise<void> {
    const key = this.keyOf(path);
    const before = this.#entries.get(key);
    const earlier = before ? [before.cdnUrl, ...before.previous] : [];
    const previous = [...new Set(earlier)].filter((url) => url !== cdnUrl);
    this.#entries.set(key, { sha256, imageId, cdnUrl, previous });
    const saved = this.#saved.then(() => this.#save());
    this.#saved = saved.catch(() => undefined);
    await saved;
  }

  async #save(): Promise<void> {
    try {
      await writeFileAtomic(this.#path, this.#serialize(), { mode: 0o644, within: this.#folder });
    } catch (error) {
      throw new ImgwireError(
        "lock_file_unwritable",
        `${this.#path} cannot be written: ${(error as Error).message}.`,
        {
          hint: "Without it nothing would lead from the new URLs back to the files, so no document was changed.",
          cause: error
        }
      );
    }
  }

  #serialize(): string {
    const sorted = [...this.#entries].sort(([a], [b]) => (a < b ? -1 : 1));
    const images = sorted.map(([key, { sha256, imageId, cdnUrl, previous }]) => [
      key,
      {
        sha256,
        image_id: imageId,
        cdn_url: cdnUrl,
        ...(previous.length > 0 && { previous_cdn_urls: previous })
      }
    ]);
    return `${JSON.stringify({ version: FORMAT, images: Object.fromEntries(images) as object }, undefined, 2)}\n`;
  }
}

function parse(content: unknown): Map<string, Entry> {
  const { version } = z.looseObject({ version: z.unknown() }).parse(content);
  if (typeof version === "number" && version > FORMAT)
    throw new Error(`it has format ${version}, and this version of imgwire reads format ${FORMAT}`);
  const { images } = Schema.parse(content);
  const entries = Object.entries(images).map(([key, entry]): [string, Entry] => [
    key,
    {
      sha256: entry.sha256,
      imageId: entry.image_id,
      cdnUrl: entry.cdn_url,
      previous: entry.previous_cdn_urls ?? []
    }
  ]);
  return new Map(entries);
}

function reasonOf(error: unknown): string {
  const [issue] = error instanceof z.ZodError ? error.issues : [];
  if (issue) return `${issue.message} at ${issue.path.join(".") || "the top"}`;
  return (error as Error).message;
}

/**
 * Spells a delivery URL, which a server or a file named, so that every kind of document can hold it: what is no plain URL
 * character is percent-encoded.
 * @returns undefined for what is not an http or https URL
 */
export function deliveryUrl(text: string): string | undefined {
  if (!URL.canParse(text)) return undefined;
  const { protocol, href } = new URL(text);
  if (protocol !== "https:" && protocol !== "http:") return undefined;
  return href.replace(/[\\|`'"<>{}^\s,]/g, percentEncode);
}

function percentEncode(character: string): string {
  return `%${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, "0")}`;
}
