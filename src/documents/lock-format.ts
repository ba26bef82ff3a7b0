import * as z from "zod";

/** What the lock file says of one image. */
export interface Entry {
  /** Of the bytes that were uploaded, lower-case hexadecimal. */
  sha256: string;
  imageId: string;
  /** Where the image is delivered, as {@link deliveryUrl} spells it. */
  cdnUrl: string;
  /** Where earlier contents of the file are delivered: documents may still have these URLs. Latest first. */
  previous: readonly string[];
  /**
   * How documents referred to the file before they had the URL, by document: one text for each time that the
   * URL stands in it, in order, and null where the same URL is there for another file of equal content.
   */
  originals: ReadonlyMap<string, readonly (string | null)[]>;
}

/** Raised when older files can no longer be read, or newer ones not by older programs. */
const FORMAT = 2;

const DeliveryUrl = z.string().transform((text, context) => {
  const url = deliveryUrl(text);
  if (url === undefined) context.addIssue("not an http(s) URL");
  return url ?? "";
});

const Image = z.object({
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  image_id: z.string(),
  cdn_url: DeliveryUrl,
  previous_cdn_urls: z.array(DeliveryUrl).optional(),
  references: z.record(z.string(), z.union([z.string(), z.array(z.string().nullable())])).optional()
});

const Schema = z.object({ version: z.int().min(1).max(FORMAT), images: z.record(z.string(), Image) });

/**
 * Reads the text of a lock file. One that git left with conflict markers is merged: see {@link mergeEntries}.
 * @throws Error that says what is wrong with it
 */
export function parseLock(text: string): Map<string, Entry> {
  if (/^<<<<<<< /m.test(text)) return parseConflict(text);
  const content: unknown = JSON.parse(text);
  const { version } = z.looseObject({ version: z.unknown() }).parse(content);
  if (typeof version === "number" && version > FORMAT)
    throw new Error(`it has format ${version}, and this version of imgwire reads format ${FORMAT}`);
  const { images } = Schema.parse(content);
  return new Map(Object.entries(images).map(([key, image]) => [key, entryOf(image)]));
}

function entryOf(image: z.infer<typeof Image>): Entry {
  const references = Object.entries(image.references ?? {});
  return {
    sha256: image.sha256,
    imageId: image.image_id,
    cdnUrl: image.cdn_url,
    previous: image.previous_cdn_urls ?? [],
    originals: new Map(references.map(([name, texts]) => [name, typeof texts === "string" ? [texts] : texts]))
  };
}

/** Both sides of each conflict are read as they are: an image has a line of its own. */
function parseConflict(text: string): Map<string, Entry> {
  if (!/^\s*"version": [12],$/m.test(text)) throw new Error("it is not valid JSON");
  let merged = new Map<string, Entry>();
  for (const [, member] of text.matchAll(/^\s*("(?:[^"\\]|\\.)*": \{.*\}),?\r?$/gm)) {
    merged = mergeEntries(merged, parseLock(`{"version":${FORMAT},"images":{${member}}}`));
  }
  return merged;
}

/**
 * Brings together what two branches published. An image that both of them changed keeps our URL and remembers
 * theirs; the next run compares it with the file and uploads that if it is neither.
 */
export function mergeEntries(
  ours: ReadonlyMap<string, Entry>,
  theirs: ReadonlyMap<string, Entry>
): Map<string, Entry> {
  const merged = new Map(ours);
  for (const [key, their] of theirs) {
    const our = ours.get(key);
    if (!our) merged.set(key, their);
    else {
      const urls = new Set([...our.previous, their.cdnUrl, ...their.previous]);
      urls.delete(our.cdnUrl);
      merged.set(key, {
        ...our,
        previous: [...urls],
        originals: new Map([...their.originals, ...our.originals])
      });
    }
  }
  return merged;
}

/** Writes a lock file: sorted, with each image on a line of its own, so that git can merge it. */
export function formatLock(entries: ReadonlyMap<string, Entry>): string {
  const sorted = [...entries].sort(([a], [b]) => (a < b ? -1 : 1));
  const lines = sorted.map(([key, entry]) => `    ${JSON.stringify(key)}: ${JSON.stringify(imageOf(entry))}`);
  const images = lines.length > 0 ? `{\n${lines.join(",\n")}\n  }` : "{}";
  return `{\n  "version": ${FORMAT},\n  "images": ${images}\n}\n`;
}

function imageOf({ sha256, imageId, cdnUrl, previous, originals }: Entry): z.input<typeof Image> {
  const references = [...originals]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, texts]) => [name, shorten(texts)]);
  return {
    sha256,
    image_id: imageId,
    cdn_url: cdnUrl,
    ...(previous.length > 0 && { previous_cdn_urls: [...previous] }),
    ...(references.length > 0 && {
      references: Object.fromEntries(references) as Record<string, string | (string | null)[]>
    })
  };
}

/** One text stands for a document that always refers to the file in the same way. */
function shorten(texts: readonly (string | null)[]): string | (string | null)[] {
  const [first] = texts;
  return typeof first === "string" && texts.every((text) => text === first) ? first : [...texts];
}

/** What is wrong with a lock file. */
export function reasonOf(error: unknown): string {
  const [issue] = error instanceof z.ZodError ? error.issues : [];
  if (issue) return `${issue.message} at ${issue.path.join(".") || "the top"}`;
  return (error as Error).message;
}

/**
 * Spells a delivery URL, which a server or a file named, so that every kind of document can hold it: what is
 * no plain URL character is percent-encoded.
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
