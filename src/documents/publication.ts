import { ImgwireError } from "../errors.ts";
import { splitDelivery, type Transform, withTransform } from "./delivery.ts";
import { type Document, writeDocument } from "./document.ts";
import type { LockFile, Published } from "./lock-file.ts";
import { deliveryUrl } from "./lock-format.ts";
import { OriginalFinder } from "./original-finder.ts";
import { asImgwireError, readAll } from "./read-all.ts";
import { type Replacement, rewrite, wholeOf } from "./reference.ts";
import { replaceSrcset } from "./responsive.ts";
import {
  type Image,
  type Mention,
  type Problem,
  problemReporter,
  survey,
  type SurveyContext,
  type Surveyed
} from "./survey.ts";

/** The result of uploading one file. */
export type UploadOutcome = { path: string } & (Published | { error: Error });

/**
 * Uploads files, given by absolute path, and calls `onOutcome` for each success or failure; it resolves once
 * the outcome is recorded. Rejects if no file can be uploaded, for example without a sign-in.
 */
export type UploadImages = (
  paths: readonly string[],
  onOutcome: (outcome: UploadOutcome) => Promise<void>
) => Promise<unknown>;

/** The actual or expected result for a set of documents. */
export interface Publication {
  /** The readable documents, with their text before and after. */
  documents: readonly Revision[];
  images: readonly (Image & { uploaded: boolean })[];
  problems: readonly Problem[];
}

interface Revision {
  path: string;
  before: string;
  after: string;
}

/** How to deliver images named by documents. */
export interface PublishContext extends SurveyContext {
  transform?: Transform;
}

/**
 * Works out what publishing would do, without writing or sending anything. The delivery URL of an image that
 * isn't uploaded yet is unknown, so a placeholder URL that contains the file's name is used.
 */
export async function previewPublication(
  paths: readonly string[],
  context: PublishContext
): Promise<Publication> {
  const { documents, problems } = readAll(paths, context);
  const found = await survey(documents, context);
  const urlOf = ({ path, published }: Image): string =>
    published?.cdnUrl ?? new URL(context.lock.keyOf(path), "https://not-uploaded-yet.invalid/").href;
  return {
    documents: found.documents.map((each) => revise(each.document, withUrls(each, urlOf, context.transform))),
    images: found.images.map((image) => ({ ...image, uploaded: false })),
    problems: [...problems, ...found.problems]
  };
}

/**
 * Uploads each new or changed image that the documents refer to once, and rewrites the references.
 *
 * The lock file is saved before any document is written, so that an interrupted run can be resumed.
 */
export async function publishDocuments(
  paths: readonly string[],
  context: PublishContext & { upload: UploadImages }
): Promise<Publication> {
  const { lock } = context;
  const { documents, problems } = readAll(paths, context);
  const found = await survey(documents, context);
  const failures = await uploadMissing(found.images, context);
  const published = new Map<Image, Published | undefined>();
  for (const image of found.images) {
    published.set(image, failures.has(image.path) ? undefined : lock.get(image.path));
  }
  const urlOf = (image: Image): string | undefined => published.get(image)?.cdnUrl;
  for (const each of found.documents) {
    lock.recordReferences(each.document.path, originalsOf(each.mentions, urlOf));
    problems.push(...failuresOf(each, failures));
  }
  await lock.save();
  const revisions: Revision[] = [];
  for (const each of found.documents) {
    revisions.push(await write(each.document, withUrls(each, urlOf, context.transform), problems));
  }
  const images = found.images.map((image) => ({
    ...image,
    published: published.get(image),
    uploaded: image.published === undefined && !failures.has(image.path)
  }));
  return { documents: revisions, images, problems: [...problems, ...found.problems] };
}

/**
 * Restores the references that documents had before they were published. The images stay on Imgwire and in
 * the lock file.
 * @param preview only work out what would change
 */
export async function undoPublication(
  paths: readonly string[],
  context: Pick<SurveyContext, "lock" | "frontMatter">,
  preview: boolean
): Promise<Publication> {
  const { lock } = context;
  const { documents, problems } = readAll(paths, context);
  const revisions: Revision[] = [];
  for (const document of documents) {
    const text = restore(document, lock);
    const revision = preview ? revise(document, text) : await write(document, text, problems);
    revisions.push(revision);
    if (!preview && revision.after === text) lock.recordReferences(document.path, []);
  }
  if (!preview) await lock.save();
  return { documents: revisions, images: [], problems };
}

function restore(document: Document, lock: LockFile): string {
  const originals = new OriginalFinder(document, lock);
  let result = "";
  let done = 0;
  for (const reference of document.references) {
    const split = splitDelivery(reference.url, (url) => lock.filesOf(url).length > 0);
    const original = split && originals.candidatesFor(reference, split.base)[0]?.text;
    if (original === undefined) continue;
    const { start, end } = wholeOf(document.text, reference, original);
    result += document.text.slice(done, start) + original;
    done = end;
    if (!reference.srcset) continue;
    result += document.text.slice(done, reference.srcset.start);
    done = reference.srcset.end;
  }
  return result + document.text.slice(done);
}

/** Returns a document's text with its references replaced. */
function withUrls(
  { document, mentions }: Surveyed,
  urlOf: (image: Image) => string | undefined,
  transform: Transform = {}
): string {
  const replacements = mentions.flatMap(({ reference, image, suffix }): Replacement[] => {
    const base = urlOf(image);
    if (base === undefined) return [];
    const url = base + withTransform(suffix, transform, reference.width);
    const srcset = replaceSrcset(document.text, reference, url, transform.srcset);
    return url === reference.url ? srcset : [{ ...reference, url }, ...srcset];
  });
  return rewrite(document.text, replacements);
}

function originalsOf(mentions: readonly Mention[], urlOf: (image: Image) => string | undefined) {
  return mentions.flatMap(({ image, original }) => {
    const url = urlOf(image);
    return url === undefined ? [] : [{ path: image.path, url, text: original }];
  });
}

function failuresOf(
  { document, mentions }: Surveyed,
  failures: ReadonlyMap<string, ImgwireError>
): Problem[] {
  const report = problemReporter(document);
  return mentions.flatMap(({ reference, image }) => {
    const error = failures.get(image.path);
    return error ? [report(reference, error)] : [];
  });
}

/** @returns the upload errors by path */
async function uploadMissing(
  images: readonly Image[],
  { lock, upload }: { lock: LockFile; upload: UploadImages }
): Promise<ReadonlyMap<string, ImgwireError>> {
  const missing = images.filter(({ published }) => !published).map(({ path }) => path);
  const failures = new Map<string, ImgwireError>();
  if (missing.length === 0) return failures;
  // Save less often as the lock file grows, so that the total amount written stays proportional to its size.
  // An interruption loses only a few entries.
  let unsaved = 0;
  let saving: Promise<void> = Promise.resolve();
  const onOutcome = (outcome: UploadOutcome): Promise<void> => {
    record(outcome, lock, failures);
    unsaved += 1;
    if (unsaved <= lock.size / 4) return Promise.resolve();
    unsaved = 0;
    saving = saving.then(() => lock.save());
    saving.catch(() => undefined); // Thrown by the `await` below.
    return saving;
  };
  try {
    await upload(missing, onOutcome);
  } finally {
    await saving;
    await lock.save();
  }
  return failures;
}

function record(outcome: UploadOutcome, lock: LockFile, failures: Map<string, ImgwireError>): void {
  const { path } = outcome;
  const cdnUrl = "error" in outcome ? undefined : deliveryUrl(outcome.cdnUrl);
  if ("error" in outcome) failures.set(path, asImgwireError(outcome.error, "upload_failed"));
  else if (cdnUrl) lock.record(path, { ...outcome, cdnUrl });
  else failures.set(path, new ImgwireError("no_delivery_url", `Imgwire returned no usable URL for ${path}.`));
}

async function write(document: Document, text: string, problems: Problem[]): Promise<Revision> {
  try {
    if (text !== document.text) await writeDocument(document, text);
    return revise(document, text);
  } catch (error) {
    const { code, message } = asImgwireError(error, "document_unwritable");
    problems.push({ document: document.path, code, message });
    return revise(document, document.text);
  }
}

function revise({ path, text }: Document, after: string): Revision {
  return { path, before: text, after };
}
