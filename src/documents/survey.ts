import { realpath } from "node:fs/promises";
import { ImgwireError } from "../errors.ts";
import { isInside } from "../system/inside.ts";
import { type Document, positionOf } from "./document.ts";
import { locate } from "./location.ts";
import type { LockFile, Published } from "./lock-file.ts";
import { type Reference, rewrite } from "./reference.ts";

/** What a survey is made with. */
export interface SurveyContext {
  lock: LockFile;
  /** The folders that images may be taken from, absolute: the project's, and the one that a leading `/` stands for. */
  folders: { project: string; root: string };
  /**
   * Reads an image file.
   * @throws ImgwireError for one that cannot be uploaded; `not_an_image` where that is no mistake, as for SVG
   */
  inspect(path: string): Promise<{ sha256: string }>;
}

/** A local image that documents name. */
export interface Image {
  /** Absolute, with symbolic links resolved. */
  path: string;
  sha256: string;
  /** What it is published as; undefined as long as these bytes have not been uploaded. */
  published: Published | undefined;
}

/** A reference, and the image that it names or that was published under it. */
export interface Mention {
  document: Document;
  reference: Reference;
  image: Image;
  /** What follows the delivery URL: the fragment, and what an author appended to a published URL. */
  suffix: string;
}

/** What keeps a reference, or a whole document, as it is. */
export interface Problem {
  document: string;
  /** From 1 on; undefined, with `column` and `url`, where the whole document is concerned. */
  line?: number;
  column?: number;
  url?: string;
  /** `missing`, `outside`, `ambiguous`, or the code of the error that was raised. */
  code: string;
  message: string;
}

/** What a set of documents says about images. */
export interface Survey {
  /** Each image once, however often it is named. */
  images: readonly Image[];
  mentions: readonly Mention[];
  problems: readonly Problem[];
}

/** Follows every reference of the documents to the image that it names. Nothing is written or sent. */
export async function survey(documents: readonly Document[], context: SurveyContext): Promise<Survey> {
  const reader = new ImageReader(context);
  const mentions: Mention[] = [];
  const problems: Problem[] = [];
  for (const document of documents) {
    for (const reference of document.references) {
      try {
        const found = await follow(reference, document, context, reader);
        if (found) mentions.push({ document, reference, ...found });
      } catch (error) {
        if (!(error instanceof ImgwireError)) throw error;
        problems.push(problemAt(document, reference, error));
      }
    }
  }
  return { images: [...new Set(mentions.map(({ image }) => image))], mentions, problems };
}

/**
 * The text of a document with its references put right.
 * @param urlOf where an image is delivered; undefined leaves its references as they are
 */
export function withUrls(
  document: Document,
  mentions: readonly Mention[],
  urlOf: (image: Image) => string | undefined
): string {
  const own = mentions.filter((mention) => mention.document === document);
  const replacements = own.flatMap(({ reference, image, suffix }) => {
    const url = urlOf(image);
    return url === undefined || url + suffix === reference.url ? [] : [{ ...reference, url: url + suffix }];
  });
  return rewrite(document.text, replacements);
}

type Found = Pick<Mention, "image" | "suffix">;

async function follow(
  reference: Reference,
  document: Document,
  { lock, folders }: SurveyContext,
  reader: ImageReader
): Promise<Found | undefined> {
  const location = locate(reference.url, {
    document: document.path,
    root: folders.root,
    base: document.base
  });
  if (!location) return followPublished(reference.url, lock, reader);
  const path = await firstReal(location.paths);
  if (path === undefined) {
    throw new ImgwireError("missing", `There is no file ${location.paths[0] ?? reference.url}.`);
  }
  return { image: await reader.read(path), suffix: location.fragment };
}

/** Finds the image that a delivery URL was made from. A file that is gone leaves the URL as good as it was. */
async function followPublished(url: string, lock: LockFile, reader: ImageReader): Promise<Found | undefined> {
  const [base, suffix] = splits(url).find(([start]) => lock.filesOf(start).length > 0) ?? [url, ""];
  const paths = await Promise.all(lock.filesOf(base).map((path) => firstReal([path])));
  const images = await Promise.all(
    paths.filter((path) => path !== undefined).map((path) => reader.read(path))
  );
  if (new Set(images.map(({ sha256 }) => sha256)).size > 1) {
    const names = images.map(({ path }) => lock.keyOf(path)).join(" and ");
    throw new ImgwireError(
      "ambiguous",
      `It was published for ${names}, which were equal and are not any more.`
    );
  }
  return images[0] && { image: images[0], suffix };
}

/** The ways to take a URL for a delivery URL and what an author appended: a fragment, transformations, a preset. */
function splits(url: string): [start: string, suffix: string][] {
  const suffixes = [/$/, /(?:#.*)?$/, /(?:\?[^#]*)?(?:#.*)?$/, /(?:@[\w-]+)?(?:\?[^#]*)?(?:#.*)?$/];
  return suffixes.map((suffix) => [url.slice(0, url.search(suffix)), url.slice(url.search(suffix))]);
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
    if (!isInside(path, folders.project) && !isInside(path, folders.root)) {
      throw new ImgwireError("outside", `${path} lies outside ${folders.project}.`);
    }
    const { sha256 } = await this.#context.inspect(path);
    const own = lock.get(path);
    return { path, sha256, published: own?.sha256 === sha256 ? own : undefined };
  }
}

/** The problem of one reference. */
export function problemAt(
  { path, text }: Document,
  { url, start }: Reference,
  { code, message }: ImgwireError
): Problem {
  return { document: path, ...positionOf(text, start), url, code, message };
}
