import { fromMarkdown, type Extension } from "mdast-util-from-markdown";
import { gfmFromMarkdown } from "mdast-util-gfm";
import { gfm } from "micromark-extension-gfm";
import type { Definition, Html, Image, Root } from "mdast";
import { visit } from "unist-util-visit";
import { condensed } from "./condense.ts";
import { linesOf } from "./excerpt.ts";
import { findExtensions, MAY_HAVE_EXTENSIONS } from "./extensions.ts";
import { findInHtml } from "./html.ts";
import { unindented } from "./mkdocs.ts";
import type { Reference } from "./reference.ts";

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
 * definitions that reference images use, and images in HTML.
 *
 * Whether something is an image can depend on HTML that spans several blocks, such as a comment. So all HTML
 * of the document is read as one, with an `<img>` in place of each image of Markdown: those that the HTML
 * parser does not come upon are not images on the page.
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
  const tree = parse(text);
  const definitions = definitionsOf(tree);
  visit(tree, (node) => {
    if (node.type === "html") page.addHtml(node, text);
    else if (node.type === "image") page.addImage(node.data?.destination);
    else if (node.type === "imageReference") page.addImage(definitions.get(node.identifier));
  });
  const references = page.references();
  if (!extended) return references;
  return [...references, ...findExtensions(text, codeIn(tree))];
}

/** Stands for a slash. */
const SLASH = "\uE02F";

/**
 * The parser ends an unquoted value of an attribute at its first slash, where CommonMark goes on (0.31,
 * section 6.6).
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

/** Tags that hide what follows them, and that GitHub shows as text (GFM 0.29, section 6.11). */
const FILTERED = /<(?=(title|textarea|style|xmp|iframe|noembed|noframes|script|plaintext)(?![\w-]))/gi;

/** Lets a filtered tag hide nothing, unless it is closed in the same piece of HTML. */
function filtered(html: string): string {
  const lower = html.toLowerCase();
  return html.replace(FILTERED, (opening, name: string) =>
    lower.includes(`</${name.toLowerCase()}`) ? opening : "\uE03C"
  );
}

/** Whether an offset is within code or HTML comments. */
function codeIn(tree: Root): (offset: number) => boolean {
  const ranges: [start: number, end: number][] = [];
  visit(tree, ({ type, position }) => {
    if (type === "code" || type === "inlineCode" || type === "html") {
      ranges.push([position?.start.offset ?? 0, position?.end.offset ?? 0]);
    }
  });
  return (offset) => ranges.some(([start, end]) => offset >= start && offset < end);
}

/** Spares long texts without images, such as change logs, the parser, which takes a second for a megabyte. */
const MAY_NAME_IMAGES = /!\[|<(?:img|image|source|input|video|link|meta|a)\b/i;

/** Keeps with each image and definition where its destination is written. */
export const destinations: Extension = {
  afterExit(token) {
    if (token.type !== "resourceDestinationString" && token.type !== "definitionDestinationString") return;
    const node = this.stack.at(-1) as Image | Definition;
    const { start, end } = token;
    node.data = {
      destination: { start: start.offset, end: end.offset, url: node.url, notation: "destination" }
    };
  }
};

function parse(text: string): Root {
  return fromMarkdown(withoutSlashes(text), {
    extensions: [gfm()],
    mdastExtensions: [gfmFromMarkdown(), destinations]
  });
}

/** By identifier; where a document defines one twice, the first counts (CommonMark 0.31, section 4.7). */
export function definitionsOf(tree: Root): ReadonlyMap<string, Reference> {
  const definitions = new Map<string, Reference>();
  visit(tree, "definition", ({ identifier, data }) => {
    if (data?.destination && !definitions.has(identifier)) definitions.set(identifier, data.destination);
  });
  return definitions;
}

/**
 * A stretch of the page: text of the document from offset `source` on, or what stands for an image of
 * Markdown.
 */
interface Piece {
  at: number;
  length: number;
  source: number | Reference;
}

/** The HTML of a document as one text, with the way back from each of its places. */
class Page {
  #html = "";
  readonly #pieces: Piece[] = [];

  addImage(reference: Reference | undefined): void {
    if (!reference) return;
    this.#html += '<img src="';
    this.#add("image", reference);
    this.#html += '">';
  }

  /**
   * Adds HTML line by line. In the document a line of it may stand after what belongs to a block quote or a
   * list, which the node's value is without: so the two have the lines' ends in common.
   */
  addHtml(node: Html, text: string): void {
    const from = node.position?.start.offset ?? 0;
    const written = linesOf(text.slice(from, node.position?.end.offset));
    let end = from;
    for (const [index, line] of linesOf(filtered(withSlashes(node.value))).entries()) {
      end += written[index]?.length ?? 0;
      this.#add(line, end - line.length);
    }
  }

  references(): Reference[] {
    const found = new Map<number, Reference>();
    for (const reference of findInHtml(this.#html).references) {
      const original = this.#original(reference);
      if (original) found.set(original.start, original);
    }
    return [...found.values()].sort((a, b) => a.start - b.start);
  }

  #add(html: string, source: number | Reference): void {
    this.#pieces.push({ at: this.#html.length, length: html.length, source });
    this.#html += html;
  }

  /** The reference in the document; undefined for one that spans lines, which no usable URL does. */
  #original(reference: Reference): Reference | undefined {
    const piece = this.#pieceAt(reference.start);
    if (!piece || reference.end > piece.at + piece.length) return undefined;
    if (typeof piece.source === "object") return piece.source;
    const shift = piece.source - piece.at;
    return { ...reference, start: reference.start + shift, end: reference.end + shift };
  }

  #pieceAt(offset: number): Piece | undefined {
    let [low, high] = [0, this.#pieces.length];
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if ((this.#pieces[middle]?.at ?? 0) <= offset) low = middle;
      else high = middle;
    }
    return this.#pieces[low];
  }
}
