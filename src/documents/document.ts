import { codeOf, ImgwireError, messageOf } from "../errors.ts";
import { readTextFile } from "../system/read.ts";
import { writeFileAtomic } from "../system/write.ts";
import { indexAt } from "./excerpt.ts";
import { findReferences, formatOf } from "./find.ts";
import type { References } from "./reference.ts";

/** Larger documents aren't read. */
const MAX_BYTES = 64 * 1024 * 1024;

/** A document as it was read from disk. */
export interface Document extends References {
  /** Absolute. */
  path: string;
  text: string;
}

/**
 * Reads a document and finds its references to images. Files with an unknown extension are read as Markdown.
 * @param fields front matter fields that name images, in addition to the usual ones
 * @throws ImgwireError `document_unreadable`, `document_encoding`
 */
export function readDocument(path: string, fields: readonly string[] = []): Document {
  const text = readText(path);
  return { path, text, ...findReferences(text, formatOf(path) ?? "markdown", fields) };
}

/**
 * Replaces a document's text atomically and keeps the file's permissions.
 * @throws ImgwireError `document_changed` if the file has changed since it was read
 */
export async function writeDocument({ path, text }: Document, replacement: string): Promise<void> {
  if (readText(path) !== text) {
    throw new ImgwireError(
      "document_changed",
      `${path} changed during the uploads, so it wasn't rewritten.`,
      {
        hint: "Run the command again: nothing is uploaded twice."
      }
    );
  }
  await writeFileAtomic(path, replacement);
}

/** Reads a file as UTF-8 losslessly, including the byte order mark. */
function readText(path: string): string {
  try {
    const text = readTextFile(path, { keepByteOrderMark: true, maxBytes: MAX_BYTES });
    if (text !== undefined) return text;
  } catch (error) {
    if (codeOf(error) === "file_invalid") {
      throw new ImgwireError("document_encoding", `${path} isn't UTF-8, so it was skipped.`, {
        hint: "Convert it to UTF-8 first.",
        cause: error
      });
    }
    throw new ImgwireError("document_unreadable", messageOf(error), { cause: error });
  }
  throw new ImgwireError("document_unreadable", `${path} doesn't exist.`);
}

/** Returns the offset at which each line of a text starts. */
export function lineStartsOf(text: string): readonly number[] {
  const starts = [0];
  for (const { 0: end, index } of text.matchAll(/\r\n|\r|\n/g)) starts.push(index + end.length);
  return starts;
}

/** Converts an offset into a line and a column, both counted from 1. */
export function positionIn(lines: readonly number[], offset: number): { line: number; column: number } {
  const line = indexAt(offset, lines, (start) => start);
  return { line: line + 1, column: offset - (lines[line] ?? 0) + 1 };
}
