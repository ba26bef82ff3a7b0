import { ImgwireError } from "../errors.ts";
import { type Document, readDocument, writeDocument } from "./document.ts";
import { deliveryUrl, type LockFile, type Published } from "./lock-file.ts";
import { type Image, type Problem, problemAt, survey, type SurveyContext, withUrls } from "./survey.ts";

/** What became of one file that was to be uploaded: an image of these bytes, or nothing. */
export type UploadOutcome = { path: string } & (Published | { error: Error });

/**
 * Uploads files, given by their absolute paths, and tells of each as soon as it is there or has failed; when what it told is
 * noted down, `tell` resolves. Rejects with what makes going on pointless, such as a missing sign-in.
 */
export type UploadImages = (
  paths: readonly string[],
  tell: (outcome: UploadOutcome) => Promise<void>
) => Promise<unknown>;

/** What became, or would become, of a set of documents. */
export interface Publication {
  /** Those that could be read, with their texts before and after. */
  documents: readonly Revision[];
  images: readonly (Image & { uploaded: boolean })[];
  problems: readonly Problem[];
}

interface Revision {
  path: string;
  before: string;
  after: string;
}

/**
 * Says what publishing would do. Nothing is written or sent. Nobody knows yet where an image will be delivered that is
 * still to be uploaded; a URL that leads nowhere and names the file stands for it.
 */
export async function previewPublication(
  paths: readonly string[],
  context: SurveyContext
): Promise<Publication> {
  const { documents, problems } = await readAll(paths);
  const found = await survey(documents, context);
  const urlOf = ({ path, published }: Image): string =>
    published?.cdnUrl ?? new URL(context.lock.keyOf(path), "https://not-uploaded-yet.invalid/").href;
  return {
    documents: documents.map((document) => revise(document, withUrls(document, found.mentions, urlOf))),
    images: found.images.map((image) => ({ ...image, uploaded: false })),
    problems: [...problems, ...found.problems]
  };
}

/**
 * Uploads the images that documents refer to, each that is new or has changed once, and rewrites the references.
 *
 * Every upload is noted in the lock file as soon as it is done, and the documents are written at the end: after an
 * interruption the next run goes on from there.
 */
export async function publishDocuments(
  paths: readonly string[],
  context: SurveyContext & { upload: UploadImages }
): Promise<Publication> {
  const { documents, problems } = await readAll(paths);
  const found = await survey(documents, context);
  const failures = await uploadMissing(found.images, context);
  const images = found.images.map((image) => ({
    ...image,
    published: failures.has(image.path) ? undefined : context.lock.get(image.path),
    uploaded: image.published === undefined && !failures.has(image.path)
  }));
  const urls = new Map(images.map(({ path, published }) => [path, published?.cdnUrl]));
  for (const { document, reference, image } of found.mentions) {
    const error = failures.get(image.path);
    if (error) problems.push(problemAt(document, reference, error));
  }
  const revisions: Revision[] = [];
  for (const document of documents) {
    const text = withUrls(document, found.mentions, ({ path }) => urls.get(path));
    revisions.push(await write(document, text, problems));
  }
  return { documents: revisions, images, problems: [...problems, ...found.problems] };
}

async function readAll(paths: readonly string[]): Promise<{ documents: Document[]; problems: Problem[] }> {
  const documents: Document[] = [];
  const problems: Problem[] = [];
  for (const path of paths) {
    try {
      documents.push(await readDocument(path));
    } catch (error) {
      if (!(error instanceof ImgwireError)) throw error;
      problems.push({ document: path, code: error.code, message: error.message });
    }
  }
  return { documents, problems };
}

/** @returns why what could not be uploaded could not, by path */
async function uploadMissing(
  images: readonly Image[],
  { lock, upload }: { lock: LockFile; upload: UploadImages }
): Promise<ReadonlyMap<string, ImgwireError>> {
  const missing = images.filter(({ published }) => !published).map(({ path }) => path);
  const failures = new Map<string, ImgwireError>();
  if (missing.length === 0) return failures;
  const notes: Promise<void>[] = [];
  try {
    await upload(missing, (outcome) => {
      const noted = note(outcome, lock, failures);
      noted.catch(() => undefined); // Thrown below: until then nobody may be listening.
      notes.push(noted);
      return noted;
    });
  } finally {
    await Promise.all(notes);
  }
  return failures;
}

async function note(
  outcome: UploadOutcome,
  lock: LockFile,
  failures: Map<string, ImgwireError>
): Promise<void> {
  const { path } = outcome;
  const cdnUrl = "error" in outcome ? undefined : deliveryUrl(outcome.cdnUrl);
  if ("error" in outcome) failures.set(path, asImgwireError(outcome.error));
  else if (cdnUrl) await lock.record(path, { ...outcome, cdnUrl });
  else
    failures.set(path, new ImgwireError("no_delivery_url", `The service named no usable URL for ${path}.`));
}

function asImgwireError(error: Error): ImgwireError {
  if (error instanceof ImgwireError) return error;
  return new ImgwireError("upload_failed", error.message, { cause: error });
}

async function write(document: Document, text: string, problems: Problem[]): Promise<Revision> {
  try {
    if (text !== document.text) await writeDocument(document, text);
    return revise(document, text);
  } catch (error) {
    const { code, message } = asImgwireError(error as Error);
    problems.push({ document: document.path, code, message });
    return revise(document, document.text);
  }
}

function revise({ path, text }: Document, after: string): Revision {
  return { path, before: text, after };
}
