import { realpath } from "node:fs/promises";
import { basename } from "node:path";
import { ImgwireError } from "../errors.ts";
import { isInside } from "../system/inside.ts";
import { type Document, lineStartsOf, positionIn } from "./document.ts";
import { isAliased, isExpression, locate } from "./location.ts";
import type { LockFile, Published } from "./lock-file.ts";
import { OriginalFinder } from "./originals.ts";
import { isDelivery, splitDelivery } from "./delivery.ts";
import type { Reference } from "./reference.ts";
import { filesNamed } from "./vault.ts";

/** What a survey is made with. */
export interface SurveyContext {
  lock: LockFile;
  /**
   * The folders that images may be taken from, absolute: the project's, those that a leading `/` stands for,
   * and those that names such as `@site` stand for.
   */
  folders: { project: string; roots: readonly string[]; aliases?: ReadonlyMap<string, string> };
  /** Fields of front matter that name images, beside the usual ones. */
  frontMatter?: readonly string[] | undefined;
  /** Whether images count that HTML only links to; default false. Published ones always do. */
  links?: boolean | undefined;
  /**
   * Reads an image file.
   * @throws ImgwireError for one that cannot be uploaded; `not_an_image` where that is no mistake, as for SVG
   */
  inspect(path: string): Promise<{ sha256: string; hasPosition?: boolean }>;
}

/** A local image that documents name. */
export interface Image {
  /** Absolute, with symbolic links resolved. */
  path: string;
  sha256: string;
  /** What it is published as; undefined as long as these bytes have not been uploaded. */
  published: Published | undefined;
  /** Whether it says where it was taken. */
  hasPosition: boolean;
}

/** A reference, and the image that it names or that was published under it. */
export interface Mention {
  reference: Reference;
  image: Image;
  /** What follows the delivery URL: the fragment, and what an author appended to a published URL. */
  suffix: string;
  /** How the document referred to the file before it had a delivery URL, as it is written. */
  original: string;
}

/** What keeps a reference, or a whole document, as it is. */
export interface Problem {
  document: string;
  /** From 1 on; undefined, with `column` and `url`, where the whole document is concerned. */
  line?: number;
  column?: number;
  url?: string;
  /**
   * `missing`, `outside`, `ambiguous`, `unresolved`, `unknown_delivery_url`, or the code of the error that
   * was raised.
   */
  code: string;
  message: string;
}

/** A document with what it says about images, in the order of its text. */
export interface Surveyed {
  document: Document;
  mentions: readonly Mention[];
}

/** What a set of documents says about images. */
export interface Survey {
  /** Each image once, however often it is named. */
  images: readonly Image[];
  documents: readonly Surveyed[];
  problems: readonly Problem[];
}

/** Follows every reference of the documents to the image that it names. Nothing is written or sent. */
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
    throw new ImgwireError("unresolved", "an expression, which only the site's own build can resolve");
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
        "an alias that is not known; `publish.aliases` in .imgwire.json names it"
      );
    }
    throw new ImgwireError("missing", `image not found: ${lock.keyOf(location.paths[0] ?? url)}`);
  }
  const original = document.text.slice(reference.start, reference.end);
  return { image: await reader.read(path), suffix: location.fragment, original };
}

/**
 * Finds the image that a delivery URL was made from. A file that is gone leaves the URL as good as it was.
 */
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
      const message = "its image is not in imgwire.lock.json, so changes of the image would not be published";
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
    const message = `published for ${names}, which differ now; put the path of the one that is meant in its place`;
    throw new ImgwireError("ambiguous", message);
  }
  return present[0];
}

/** A wikilink names a file that may be anywhere in the vault. */
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

/** Reads each image file once. */
class ImageReader {
  readonly #context: SurveyContext;
  readonly #images = new Map<string, Promise<Image>>();

  constructor(context: SurveyContext) {
    this.#context = context;
  }

  /** @throws ImgwireError for a file that cannot be published */
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

/** Makes the problems of one document's references. */
export function problemReporter(document: Document): (reference: Reference, error: ImgwireError) => Problem {
  let lines: readonly number[] | undefined;
  return ({ url, start }, { code, message }) => {
    lines ??= lineStartsOf(document.text);
    return { document: document.path, ...positionIn(lines, start), url, code, message };
  };
}
