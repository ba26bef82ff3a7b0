/** The format of a document. */
export type Format = "markdown" | "mdx" | "html" | "css" | "notebook";

/** The syntax around a URL. It determines how a replacement has to be escaped. */
export type Notation =
  "destination" | "attribute" | "srcset" | "plain" | "css" | "wikilink" | "json" | "script";

/** One place in a document that names an image. */
export interface Reference {
  /** Where the raw URL starts in the text, in UTF-16 units, without brackets, quotes or white space. */
  start: number;
  /** Where it ends, exclusive. */
  end: number;
  /** The URL with character references and backslash escapes decoded; percent-encoding stays. */
  url: string;
  notation: Notation;
  /** The width in pixels at which the document shows the image, if it sets one. */
  width?: number;
  /** The `srcset` that publish has written for it, or the place for one. */
  srcset?: Srcset;
  /** May name something other than an image file, so a missing file is not a problem. */
  optional?: true;
  /** Links to an image instead of showing it. */
  link?: true;
}

/** A `srcset` attribute next to a `src`, and the widths it offers. */
export interface Srcset {
  /** Where the attribute is, including the white space before it; an empty range if there is none yet. */
  start: number;
  end: number;
  /** In pixels. */
  widths: readonly number[];
  /** The attribute's name in HTML or in JSX. */
  name: "srcset" | "srcSet";
}

/** Shifts a reference by a number of characters. */
export function moved(reference: Reference, by: number): Reference {
  const { start, end, srcset } = reference;
  return {
    ...reference,
    ...{ start: start + by, end: end + by },
    ...(srcset && { srcset: { ...srcset, start: srcset.start + by, end: srcset.end + by } })
  };
}

/** The references in a document, in text order, and the base URL that they are relative to. */
export interface References {
  references: readonly Reference[];
  /** The `href` of HTML's `<base>` element. */
  base?: string;
}

/** A URL to put in place of a reference. */
export interface Replacement extends Pick<Reference, "start" | "end" | "notation"> {
  /** A valid absolute URL in the form of {@link URL.href}. */
  url: string;
}

/**
 * Replaces references with URLs and escapes each so that it reads back unchanged. All other text stays byte
 * for byte the same.
 */
export function rewrite(text: string, replacements: readonly Replacement[]): string {
  const ordered = [...replacements].sort((a, b) => a.start - b.start);
  let result = "";
  let done = 0;
  for (const { start, end, url, notation } of ordered) {
    result += text.slice(done, start) + WRITERS[notation](url, text.slice(start, end));
    done = end;
  }
  return result + text.slice(done);
}

/** Escapes a URL. @param before the text that it replaces; a wikilink keeps its width */
type Writer = (url: string, before: string) => string;

const WRITERS: Record<Notation, Writer> = {
  destination: inDestination,
  attribute: inAttribute,
  // A comma at the end of a URL would end the candidate (HTML, section 4.8.4.3.8).
  srcset: (url) => inAttribute(url.replaceAll(",", "%2C")),
  plain: (url) => url,
  css: (url) => url.replace(/[()"'\\\s]/g, (character) => `\\${character}`),
  wikilink: (url, before) => `![${/\|([^|\]]*)\]\]$/.exec(before)?.[1] ?? ""}](${inDestination(url)})`,
  json: (url) => JSON.stringify(url).slice(1, -1),
  script: inScript
};

/** An import becomes a constant and a `require` call a string; inside a string only the URL is replaced. */
function inScript(url: string, before: string): string {
  const string = JSON.stringify(url);
  const [, name] = /^import\s+([\w$]+)/.exec(before) ?? [];
  if (name) return `export const ${name} = ${string}${before.endsWith(";") ? ";" : ""}`;
  return before.startsWith("require") ? string : string.slice(1, -1);
}

/** CommonMark 0.31, sections 2.4, 2.5 and 6.3. `|` is escaped because the link may be in a table cell. */
function inDestination(url: string): string {
  return url.replace(/[\\()<>|`]/g, "\\$&").replace(/&(?=#?\w+;)/g, "&amp;");
}

/**
 * HTML, section 13.1.2.3, whether or not the value is quoted. `|` is escaped because the tag may be in a
 * Markdown table.
 */
function inAttribute(url: string): string {
  return url.replaceAll("&", "&amp;").replace(/["'<>`|]/g, (character) => `&#${character.charCodeAt(0)};`);
}

/**
 * Returns the range to replace with the original of a published reference: usually only the URL, but more if
 * the original is a wikilink, an import or a `require` call.
 */
export function wholeOf(
  text: string,
  { start, end, notation }: Pick<Reference, "start" | "end" | "notation">,
  original: string
): Pick<Reference, "start" | "end"> {
  if (notation === "script") return wholeScript(text, { start, end }, original);
  if (!original.startsWith("![[")) return { start, end };
  const opening = /!\[[^\]\n]*\]\($/.exec(text.slice(Math.max(0, start - 500), start))?.[0] ?? "";
  return { start: start - opening.length, end: text[end] === ")" ? end + 1 : end };
}

function wholeScript(text: string, range: Pick<Reference, "start" | "end">, original: string): typeof range {
  const isImport = original.startsWith("import");
  if (!isImport && !original.startsWith("require")) return range;
  const opening = isImport ? /export const [\w$]+ = "$/ : /"$/;
  const before = opening.exec(text.slice(Math.max(0, range.start - 500), range.start))?.[0];
  if (before === undefined) return range;
  const after = isImport && original.endsWith(";") ? '";' : '"';
  return { start: range.start - before.length, end: range.end + after.length };
}
