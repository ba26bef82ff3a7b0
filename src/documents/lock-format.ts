import * as z from "zod";

/** An image in the lock file. */
export interface Entry {
  /** SHA-256 of the uploaded bytes, in lower-case hexadecimal. */
  sha256: string;
  imageId: string;
  /** The delivery URL, normalised by {@link deliveryUrl}. */
  cdnUrl: string;
  /** Delivery URLs of the file's earlier contents, latest first. Documents may still use them. */
  previous: readonly string[];
  /**
   * For each document, how it referred to the file before it was published: one text per occurrence of the
   * URL, in order. Null marks an occurrence that belongs to another file with the same content.
   */
  originals: ReadonlyMap<string, readonly (string | null)[]>;
}

/** Increased when the format changes incompatibly. */
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
 * Parses a lock file. If git left conflict markers in it, both sides are merged; see {@link mergeEntries}.
 * @throws Error that explains what is wrong with the file; see {@link reasonOf}
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

/** Parses a lock file with conflict markers. Each image has its own line, so both sides can be read. */
function parseConflict(text: string): Map<string, Entry> {
  if (!/^\s*"version": [12],$/m.test(text)) throw new Error("it is not valid JSON");
  let merged = new Map<string, Entry>();
  for (const [, member] of text.matchAll(/^\s*("(?:[^"\\]|\\.)*": \{.*\}),?\r?$/gm)) {
    merged = mergeEntries(merged, parseLock(`{"version":${FORMAT},"images":{${member}}}`));
  }
  return merged;
}

/**
 * Combines the images published on two branches. For an image that both changed, our URL becomes current and
 * theirs a previous one. The next run uploads the file again if its content isn't ours.
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

/** Formats a lock file: sorted and with one line per image, so that git can merge it. */
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

/** Shortens the texts to a single one if the document always refers to the file in the same way. */
function shorten(texts: readonly (string | null)[]): string | (string | null)[] {
  const [first] = texts;
  return typeof first === "string" && texts.every((text) => text === first) ? first : [...texts];
}

/** Returns the reason why a lock file can't be parsed. */
export function reasonOf(error: unknown): string {
  const [issue] = error instanceof z.ZodError ? error.issues : [];
  if (issue) return `${issue.message} at ${issue.path.join(".") || "the top"}`;
  return (error as Error).message;
}

/**
 * Normalises a delivery URL from a server or a file: percent-encodes the characters that are special in any
 * kind of document.
 * @returns undefined if it isn't an http or https URL
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
