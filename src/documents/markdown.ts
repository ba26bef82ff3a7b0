import type { Definition, Image, Link, Nodes, Root } from "mdast";
import { type CompileContext, fromMarkdown, type Extension, type Token } from "mdast-util-from-markdown";
import { gfmFromMarkdown } from "mdast-util-gfm";
import { gfm } from "micromark-extension-gfm";
import { visit } from "unist-util-visit";
import { condensed } from "./condense.ts";
import { indexAt } from "./excerpt.ts";
import { findExtensions, MAY_HAVE_EXTENSIONS } from "./extensions.ts";
import { unindented } from "./mkdocs.ts";
import { Page } from "./page.ts";
import { parsedInParts } from "./markdown-parts.ts";
import { moved, type Reference } from "./reference.ts";

type Destination = Reference;

declare module "mdast" {
  interface ImageData {
    destination?: Destination;
  }
  interface DefinitionData {
    destination?: Destination;
  }
}

/**
 * Finds the places where Markdown (CommonMark with GitHub's extensions) names an image: inline images, the
 * definitions of reference images, and images in HTML.
 *
 * Whether something is an image can depend on HTML that spans several blocks, such as a comment. So all HTML
 * in the document is parsed as one text, in which each Markdown image is represented by an `<img>`. Only
 * images that the HTML parser finds count.
 */
export function findInMarkdown(source: string): Reference[] {
  const extended = MAY_HAVE_EXTENSIONS.test(source);
  if (!extended && !MAY_NAME_IMAGES.test(source)) return [];
  const prose = condensed(source);
  const { text, toSource } = unindented(prose.text);
  const found = findInText(text, extended).map((reference) => {
    const { end, url } = reference;
    const start = prose.toSource(toSource(reference.start));
    return { ...reference, start, end: start + end - reference.start, url: withSlashes(url) };
  });
  return found.sort((a, b) => a.start - b.start);
}

function findInText(text: string, extended: boolean): Reference[] {
  const page = new Page();
  const code: Range[] = [];
  for (const { tree, start, shift } of parsedInParts(withoutSlashes(text), parse)) {
    visit(tree, (node) => {
      const range = rangeOf(node, shift);
      if (range.start < start) return;
      if (node.type === "html") page.addHtml(filtered(withSlashes(node.value)), text, range);
      else if (node.type === "image") page.addImage(shifted(node.data?.destination, shift));
      else if (node.type === "imageReference") page.addImage(node.identifier);
      else if (node.type === "definition")
        page.define(node.identifier, shifted(node.data?.destination, shift));
      if (CODE.includes(node.type)) code.push(range);
    });
  }
  const references = page.references();
  if (!extended) return references;
  return [...references, ...findExtensions(text, (offset) => isWithin(code, offset))];
}

/** Nodes inside which dialect syntax is not recognised. */
const CODE = ["code", "inlineCode", "html"];

type Range = Pick<Reference, "start" | "end">;

function rangeOf({ position }: Nodes, by: number): Range {
  return { start: by + (position?.start.offset ?? 0), end: by + (position?.end.offset ?? 0) };
}

function shifted(reference: Reference | undefined, by: number): Reference | undefined {
  return reference && moved(reference, by);
}

/** @param ranges sorted and not overlapping */
function isWithin(ranges: readonly Range[], offset: number): boolean {
  const range = ranges[indexAt(offset, ranges, ({ start }) => start)];
  return range !== undefined && offset >= range.start && offset < range.end;
}

/** A private-use character that replaces a slash. */
const SLASH = "\uE02F";

/**
 * The parser ends an unquoted attribute value at the first slash, but CommonMark doesn't (0.31, section 6.6).
 */
function withoutSlashes(text: string): string {
  if (text.includes(SLASH)) return text;
  return text.replace(/<[a-z][^<>]*>/gi, (tag) =>
    tag.replace(/=[ \t]*[^\s"'=<>`]+/g, (value) => value.replaceAll("/", SLASH))
  );
}

function withSlashes(text: string): string {
  return text.replaceAll(SLASH, "/");
}

/** Matches tags that hide what follows them, but that GitHub shows as text (GFM 0.29, section 6.11). */
const FILTERED = /<(?=(title|textarea|style|xmp|iframe|noembed|noframes|script|plaintext)(?![\w-]))/gi;

/** Keeps a filtered tag from hiding anything, unless it is closed in the same piece of HTML. */
function filtered(html: string): string {
  const lower = html.toLowerCase();
  return html.replace(FILTERED, (opening, name: string) =>
    lower.includes(`</${name.toLowerCase()}`) ? opening : "\uE03C"
  );
}

/** A cheap test that saves parsing texts without images. The parser needs a second per megabyte. */
const MAY_NAME_IMAGES = /!\[|<(?:img|image|source|input|video|link|meta|a)\b/i;

/** Makes the parser record where in the text the destination of each image and definition is. */
export const destinations: Extension = {
  exit: { resourceDestinationString: noteDestination, definitionDestinationString: noteDestination }
};

function noteDestination(this: CompileContext, { start, end }: Token): undefined {
  const url = this.resume();
  const node = this.stack.at(-1) as Image | Link | Definition;
  node.url = url;
  node.data = { destination: { start: start.offset, end: end.offset, url, notation: "destination" } };
}

/** The GFM extensions without their transforms, which look for links in text. */
const EXTENSIONS = {
  extensions: [gfm()],
  mdastExtensions: [...gfmFromMarkdown().map(({ transforms: _, ...rest }) => rest), destinations]
};

function parse(text: string): Root {
  return fromMarkdown(text, EXTENSIONS);
}

/** Collects the definitions by identifier. The first of several counts (CommonMark 0.31, section 4.7). */
export function definitionsOf(tree: Root): ReadonlyMap<string, Reference> {
  const definitions = new Map<string, Reference>();
  visit(tree, "definition", ({ identifier, data }) => {
    if (data?.destination && !definitions.has(identifier)) definitions.set(identifier, data.destination);
  });
  return definitions;
}
