import { ImgwireError } from "../errors.ts";
import { type Document, readDocument } from "./document.ts";
import type { Problem, SurveyContext } from "./survey.ts";

/** Reads documents; one that can't be read is a problem and stops no other. */
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

export function asImgwireError(error: unknown, code: string): ImgwireError {
  if (error instanceof ImgwireError) return error;
  return new ImgwireError(code, (error as Error).message, { cause: error });
}
