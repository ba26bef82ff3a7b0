import { extname } from "node:path";
import { findInCss } from "./css.ts";
import { findInFrontMatter } from "./extensions.ts";
import { findInHtml, isNamedAsImage } from "./html.ts";
import { findInMarkdown } from "./markdown.ts";
import { findInMdx } from "./mdx.ts";
import { findInNotebook } from "./notebook.ts";
import { type Format, moved, type References } from "./reference.ts";

const FORMATS: Readonly<Record<string, Format>> = {
  ".md": "markdown",
  ".markdown": "markdown",
  ".mdown": "markdown",
  ".mkd": "markdown",
  ".mdx": "mdx",
  ".html": "html",
  ".htm": "html",
  ".css": "css",
  ".ipynb": "notebook"
};

/** The extensions of the files that count as documents. */
export const EXTENSIONS: readonly string[] = Object.keys(FORMATS);

/** Returns a file's format by its extension; undefined if it isn't a document. */
export function formatOf(path: string): Format | undefined {
  return FORMATS[extname(path).toLowerCase()];
}

/**
 * Finds the places where a document names an image. Offsets count from the start of `text`, including a byte
 * order mark and front matter.
 * @param fields front matter fields that name images, in addition to the usual ones
 */
export function findReferences(text: string, format: Format, fields: readonly string[] = []): References {
  switch (format) {
    case "css":
      return { references: findInCss(text, mayBeImage) };
    case "notebook":
      return { references: findInNotebook(text, findInMarkdown) };
    case "html":
      return shifted(findInHtml(text.slice(bodyStart(text, format))), bodyStart(text, format));
    case "mdx":
    case "markdown": {
      const start = bodyStart(text, format);
      const find = format === "mdx" ? findInMdx : findInMarkdown;
      const body = shifted({ references: find(text.slice(start)) }, start);
      return { references: [...findInFrontMatter(text.slice(0, start), fields), ...body.references] };
    }
  }
}

/** Whether a URL may name an image. Delivery URLs have no extension. */
function mayBeImage(url: string): boolean {
  return isNamedAsImage(url) || /^https?:/.test(url);
}

function shifted(found: References, by: number): References {
  return { ...found, references: found.references.map((each) => moved(each, by)) };
}

function bodyStart(text: string, format: Format): number {
  const start = text.startsWith("\uFEFF") ? 1 : 0;
  if (format !== "markdown" && format !== "mdx") return start;
  const frontMatter = FRONT_MATTER.map((pattern) => pattern.exec(text.slice(start))?.[0].length ?? 0);
  return start + Math.max(...frontMatter);
}

/**
 * YAML and TOML front matter. A blank line after the first delimiter makes it a thematic break, as in Pandoc.
 */
const FRONT_MATTER = [
  /^---[ \t]*\r?\n(?![ \t]*\r?\n)(?:[^\n]*\n)*?(?:---|\.\.\.)[ \t]*(?:\r?\n|$)/,
  /^\+\+\+[ \t]*\r?\n(?:[^\n]*\n)*?\+\+\+[ \t]*(?:\r?\n|$)/
];
