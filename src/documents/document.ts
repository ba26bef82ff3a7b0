import { readFile } from "node:fs/promises";
import { ImgwireError } from "../errors.ts";
import { writeFileAtomic } from "../system/write.ts";
import { findReferences, formatOf } from "./find.ts";
import type { References } from "./reference.ts";

/** A document as it was read. */
export interface Document extends References {
  /** Absolute. */
  path: string;
  text: string;
}

/**
 * Reads a document and finds its references to images. What has no document's extension is read as Markdown.
 * @throws ImgwireError `document_unreadable`, `document_encoding`
 */
export async function readDocument(path: string): Promise<Document> {
  const text = await readText(path);
  return { path, text, ...findReferences(text, formatOf(path) ?? "markdown") };
}

/**
 * Replaces a document's text, in one step and with the file's permissions kept.
 * @throws ImgwireError `document_changed` when the file no longer holds what was read from it
 */
export async function writeDocument({ path, text }: Document, replacement: string): Promise<void> {
  if ((await readText(path)) !== text) {
    throw new ImgwireError(
      "document_changed",
      `${path} changed during the uploads, so it was not rewritten.`,
      {
        hint: "Run the command again: nothing is uploaded twice."
      }
    );
  }
  await writeFileAtomic(path, replacement);
}

/** Reads a file as UTF-8, so that the text makes the same bytes again, byte order mark included. */
async function readText(path: string): Promise<string> {
  const bytes = await readFile(path).catch((error: unknown) => {
    throw new ImgwireError("document_unreadable", `${path} can't be read: ${(error as Error).message}.`, {
      cause: error
    });
  });
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (error) {
    throw new ImgwireError("document_encoding", `${path} is not UTF-8, so it was skipped.`, {
      hint: "Convert it to UTF-8 first.",
      cause: error
    });
  }
}

/** The offsets at which the lines of a text start. */
export function lineStartsOf(text: string): readonly number[] {
  const starts = [0];
  for (const { 0: end, index } of text.matchAll(/\r\n|\r|\n/g)) starts.push(index + end.length);
  return starts;
}

/** The line and column, from 1 on, of an offset in a text with these lines. */
export function positionIn(lines: readonly number[], offset: number): { line: number; column: number } {
  let [low, high] = [0, lines.length];
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if ((lines[middle] ?? 0) <= offset) low = middle;
    else high = middle;
  }
  return { line: low + 1, column: offset - (lines[low] ?? 0) + 1 };
}
