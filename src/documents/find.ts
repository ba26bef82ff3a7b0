import { extname } from "node:path";
import { findInHtml } from "./html.ts";
import { findInMarkdown } from "./markdown.ts";
import type { Format, References } from "./reference.ts";

const FORMATS: Readonly<Record<string, Format>> = {
  ".md": "markdown",
  ".markdown": "markdown",
  ".mdown": "markdown",
  ".mkd": "markdown",
  ".html": "html",
  ".htm": "html"
};

/** The extensions of files that count as documents. */
export const EXTENSIONS: readonly string[] = Object.keys(FORMATS);

/** What a file is written in by its extension; undefined for one that is no document. */
export function formatOf(path: string): Format | undefined {
  return FORMATS[extname(path).toLowerCase()];
}

/**
 * Finds the places where a document names an image. A byte order mark and Markdown's front matter are passed over;
 * offsets count from the start of `text` all the same.
 */
export function findReferences(text: string, format: Format): References {
  const start = bodyStart(text, format);
  const body = text.slice(start);
  const found = format === "markdown" ? { references: findInMarkdown(body) } : findInHtml(body);
  const moved = found.references.map((each) => ({
    ...each,
    start: each.start + start,
    end: each.end + start
  }));
  return { ...found, references: moved };
}

function bodyStart(text: string, format: Format): number {
  const start = text.startsWith("\uFEFF") ? 1 : 0;
  if (format !== "markdown") return start;
  const frontMatter = FRONT_MATTER.map((pattern) => pattern.exec(text.slice(start))?.[0].length ?? 0);
  return start + Math.max(...frontMatter);
}

/** YAML and TOML. A blank line after the first delimiter makes that a thematic break, as in Pandoc. */
const FRONT_MATTER = [
  /^---[ \t]*\r?\n(?![ \t]*\r?\n)(?:[^\n]*\n)*?(?:---|\.\.\.)[ \t]*(?:\r?\n|$)/,
  /^\+\+\+[ \t]*\r?\n(?:[^\n]*\n)*?\+\+\+[ \t]*(?:\r?\n|$)/
];
