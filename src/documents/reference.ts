/** What a document is written in. */
export type Format = "markdown" | "mdx" | "html" | "css" | "notebook";

/** Where a URL stands in a document, which decides how a URL that takes its place has to be written. */
export type Notation =
  "destination" | "attribute" | "srcset" | "plain" | "css" | "wikilink" | "json" | "script";

/** One place in a document that names an image. */
export interface Reference {
  /**
   * Where the URL as written starts in the text, in UTF-16 units: without brackets, quotes or white space
   * around.
   */
  start: number;
  /** Where it ends, exclusive. */
  end: number;
  /** What it says: character references and backslash escapes read, percent-encoding left as it is. */
  url: string;
  notation: Notation;
  /** How wide the place shows the image, in pixels, where it says so. */
  width?: number;
  /** The `srcset` that publishing makes, or may make, of it. */
  srcset?: Srcset;
  /** It may name something else than a file: one that does not exist is no problem. */
  optional?: true;
  /** It leads to an image and does not show it. */
  link?: true;
}

/** The widths that an image is offered in, beside its `src`. */
export interface Srcset {
  /** Where the attribute is written, the white space before it included; empty where there is none yet. */
  start: number;
  end: number;
  /** In pixels. */
  widths: readonly number[];
  /** HTML's name of the attribute, or that of JSX. */
  name: "srcset" | "srcSet";
}

/** A reference further on in a text. */
export function moved(reference: Reference, by: number): Reference {
  const { start, end, srcset } = reference;
  return {
    ...reference,
    ...{ start: start + by, end: end + by },
    ...(srcset && { srcset: { ...srcset, start: srcset.start + by, end: srcset.end + by } })
  };
}

/** The references of a document, in the order of the text, and what they are relative to. */
export interface References {
  references: readonly Reference[];
  /** The `href` of HTML's `<base>`, where the document has one. */
  base?: string;
}

/** A URL to put in a reference's place. */
export interface Replacement extends Pick<Reference, "start" | "end" | "notation"> {
  /** A valid absolute URL, as {@link URL.href} spells one. */
  url: string;
}

/**
 * Puts URLs in place of references, each written so that it is read back as it is; all else stays byte for
 * byte.
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

/** @param before what stands there: a wikilink keeps its width */
type Writer = (url: string, before: string) => string;

const WRITERS: Record<Notation, Writer> = {
  destination: inDestination,
  attribute: inAttribute,
  // A comma at the end of a candidate's URL would end the candidate (HTML, section 4.8.4.3.8).
  srcset: (url) => inAttribute(url.replaceAll(",", "%2C")),
  plain: (url) => url,
  css: (url) => url.replace(/[()"'\\\s]/g, (character) => `\\${character}`),
  wikilink: (url, before) => `![${/\|([^|\]]*)\]\]$/.exec(before)?.[1] ?? ""}](${inDestination(url)})`,
  json: (url) => JSON.stringify(url).slice(1, -1),
  script: inScript
};

/** An import becomes a constant, a call of `require` a string; within a string the URL alone is replaced. */
function inScript(url: string, before: string): string {
  const string = JSON.stringify(url);
  const [, name] = /^import\s+([\w$]+)/.exec(before) ?? [];
  if (name) return `export const ${name} = ${string}${before.endsWith(";") ? ";" : ""}`;
  return before.startsWith("require") ? string : string.slice(1, -1);
}

/** CommonMark 0.31, sections 2.4, 2.5 and 6.3; `|` because the destination may stand in a table cell. */
function inDestination(url: string): string {
  return url.replace(/[\\()<>|`]/g, "\\$&").replace(/&(?=#?\w+;)/g, "&amp;");
}

/**
 * HTML, section 13.1.2.3, in any kind of quotes and in none; `|` because the tag may stand in a Markdown
 * table.
 */
function inAttribute(url: string): string {
  return url.replaceAll("&", "&amp;").replace(/["'<>`|]/g, (character) => `&#${character.charCodeAt(0)};`);
}

/**
 * What a reference's earlier text took the place of: mostly the URL alone, but a wikilink was rewritten as a
 * whole, and so were an import and a call of `require`.
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
