import { realpath } from "node:fs/promises";
import { basename } from "node:path";
import { ImgwireError } from "../errors.ts";
import { isInside } from "../system/path.ts";
import { type Document, lineStartsOf, positionIn } from "./document.ts";
import { isAliased, isExpression, locate } from "./location.ts";
import type { LockFile, Published } from "./lock-file.ts";
import { OriginalFinder } from "./original-finder.ts";
import { isDelivery, splitDelivery } from "./delivery.ts";
import type { Reference } from "./reference.ts";
import { filesNamed } from "./find-by-name.ts";

/** The settings of a survey. */
export interface SurveyContext {
  lock: LockFile;
  /**
   * The absolute folders that images may come from: the project's, those that a leading `/` refers to, and
   * those that aliases such as `@site` refer to.
   */
  folders: { project: string; roots: readonly string[]; aliases?: ReadonlyMap<string, string> };
  /** Front matter fields that name images, in addition to the usual ones. */
  frontMatter?: readonly string[] | undefined;
  /**
   * Whether to include images that HTML only links to; false by default. Published ones are always included.
   */
  links?: boolean | undefined;
  /**
   * Reads an image file.
   * @throws ImgwireError if it can't be uploaded; `not_an_image` if that is expected, as for SVG
   */
  inspect(path: string): Promise<{ sha256: string; hasPosition?: boolean }>;
}

/** A local image that documents refer to. */
export interface Image {
  /** Absolute, with symbolic links resolved. */
  path: string;
  sha256: string;
  /** Its upload; undefined if the file's current content hasn't been uploaded. */
  published: Published | undefined;
  /** Whether its metadata contains the location where it was taken. */
  hasPosition: boolean;
}

/** A reference and the image it refers to, by path or by delivery URL. */
export interface Mention {
  reference: Reference;
  image: Image;
  /** The text after the delivery URL: the fragment, and anything an author appended to a published URL. */
  suffix: string;
  /** How the document referred to the file before it had a delivery URL, as written. */
  original: string;
}

/** Why a reference, or a whole document, was left unchanged. */
export interface Problem {
  document: string;
  /** Counted from 1. `line`, `column` and `url` are undefined if the problem concerns the whole document. */
  line?: number;
  column?: number;
  url?: string;
  /**
   * `missing`, `outside`, `ambiguous`, `unresolved`, `unknown_delivery_url`, or the code of the thrown error.
   */
  code: string;
  message: string;
}

/** A document and its references to images, in text order. */
export interface Surveyed {
  document: Document;
  mentions: readonly Mention[];
}

/** The references of a set of documents and the images they name. */
export interface Survey {
  /** Each image once, however often it is named. */
  images: readonly Image[];
  documents: readonly Surveyed[];
  problems: readonly Problem[];
}

/** Resolves every reference in the documents to an image. Writes and sends nothing. */
export async function survey(documents: readonly Document[], context: SurveyContext): Promise<Survey> {
  const reader = new ImageReader(context);
  const surveyed: Surveyed[] = [];
  const problems: Problem[] = [];
  for (const document of documents) {
    const mentions: Mention[] = [];
    const report = problemReporter(document);
    const originals = new OriginalFinder(document, context.lock);
    for (const reference of document.references) {
      try {
        const found = await follow(reference, document, context, reader, originals);
        if (found) mentions.push({ reference, ...found });
      } catch (error) {
        if (!(error instanceof ImgwireError)) throw error;
        problems.push(report(reference, error));
      }
    }
    surveyed.push({ document, mentions });
  }
  const images = new Set(surveyed.flatMap(({ mentions }) => mentions.map(({ image }) => image)));
  return { images: [...images], documents: surveyed, problems };
}

type Found = Omit<Mention, "reference">;

async function follow(
  reference: Reference,
  document: Document,
  { lock, folders, links }: SurveyContext,
  reader: ImageReader,
  originals: OriginalFinder
): Promise<Found | undefined> {
  const { url, link } = reference;
  if (isExpression(url)) {
    throw new ImgwireError("unresolved", "an expression that only the site's own build can resolve");
  }
  const place = { document: document.path, ...folders, base: document.base };
  const location = locate(url, place);
  if (!location) return followPublished(reference, lock, reader, originals);
  if (link && !links) return undefined;
  const path = (await firstReal(location.paths)) ?? (await fromVault(reference, folders.project));
  if (path === undefined) {
    if (reference.optional || link) return undefined;
    if (isAliased(url)) {
      throw new ImgwireError(
        "unresolved",
        "unknown alias; define it under `publish.aliases` in .imgwire.json"
      );
    }
    throw new ImgwireError("missing", `image not found: ${lock.keyOf(location.paths[0] ?? url)}`);
  }
  const original = document.text.slice(reference.start, reference.end);
  return { image: await reader.read(path), suffix: location.fragment, original };
}

/** Finds the image behind a delivery URL; undefined if the file no longer exists, so that the URL stays. */
async function followPublished(
  reference: Reference,
  lock: LockFile,
  reader: ImageReader,
  originals: OriginalFinder
): Promise<Found | undefined> {
  const { url } = reference;
  const split = splitDelivery(url, (start) => lock.filesOf(start).length > 0);
  if (!split) {
    if (!reference.link && isDelivery(url, lock)) {
      const message = "not in imgwire.lock.json, so changes to this image won't be published";
      throw new ImgwireError("unknown_delivery_url", message);
    }
    return undefined;
  }
  const candidates = originals.candidatesFor(reference, split.base);
  const found = await Promise.all(
    candidates.map(async ({ path, text }) => {
      const real = await firstReal([path]);
      return real === undefined
        ? undefined
        : { image: await reader.read(real), suffix: split.suffix, original: text };
    })
  );
  const present = found.filter((each) => each !== undefined);
  if (new Set(present.map(({ image }) => image.sha256)).size > 1) {
    const names = present.map(({ image }) => lock.keyOf(image.path)).join(" and ");
    const message = `published for ${names}, which now differ; replace it with the path of the image you mean`;
    throw new ImgwireError("ambiguous", message);
  }
  return present[0];
}

/** Finds the file of a wikilink, which may be anywhere in the vault. */
async function fromVault({ notation, url }: Reference, project: string): Promise<string | undefined> {
  if (notation !== "wikilink") return undefined;
  return firstReal(await filesNamed(basename(url), project));
}

async function firstReal(paths: readonly string[]): Promise<string | undefined> {
  for (const path of paths) {
    const real = await realpath(path).catch(() => undefined);
    if (real !== undefined) return real;
  }
  return undefined;
}

/** Reads each image file only once. */
class ImageReader {
  readonly #context: SurveyContext;
  readonly #images = new Map<string, Promise<Image>>();

  constructor(context: SurveyContext) {
    this.#context = context;
  }

  /** @throws ImgwireError if the file can't be published */
  read(path: string): Promise<Image> {
    const known = this.#images.get(path) ?? this.#inspect(path);
    this.#images.set(path, known);
    return known;
  }

  async #inspect(path: string): Promise<Image> {
    const { lock, folders } = this.#context;
    if (![folders.project, ...folders.roots].some((folder) => isInside(path, folder))) {
      throw new ImgwireError("outside", `${path} is outside ${folders.project}`);
    }
    const { sha256, hasPosition = false } = await this.#context.inspect(path);
    const own = lock.get(path);
    return { path, sha256, hasPosition, published: own?.sha256 === sha256 ? own : undefined };
  }
}

/** Returns a function that reports problems with one document's references. */
export function problemReporter(document: Document): (reference: Reference, error: ImgwireError) => Problem {
  let lines: readonly number[] | undefined;
  return ({ url, start }, { code, message }) => {
    lines ??= lineStartsOf(document.text);
    return { document: document.path, ...positionIn(lines, start), url, code, message };
  };
}
