import { ImgwireError } from "../errors.ts";
import { type Document, readDocument } from "./document.ts";
import type { Problem, SurveyContext } from "./survey.ts";

/** Reads documents. An unreadable one is reported as a problem and doesn't affect the others. */
export function readAll(
  paths: readonly string[],
  { frontMatter }: Pick<SurveyContext, "frontMatter">
): { documents: Document[]; problems: Problem[] } {
  const documents: Document[] = [];
  const problems: Problem[] = [];
  for (const path of paths) {
    try {
      documents.push(readDocument(path, frontMatter));
    } catch (error) {
      const { code, message } = asImgwireError(error, "document_unreadable");
      problems.push({ document: path, code, message });
    }
  }
  return { documents, problems };
}

/** Wraps an error in an ImgwireError with the given code, unless it is one. */
export function asImgwireError(error: unknown, code: string): ImgwireError {
  if (error instanceof ImgwireError) return error;
  return new ImgwireError(code, (error as Error).message, { cause: error });
}
