import type { Root } from "mdast";
import { visit } from "unist-util-visit";

/** A part of a Markdown document. */
export interface Part {
  tree: Root;
  /** Where the part starts in the document. */
  start: number;
  /** To be added to offsets in the tree; what is then before `start` is no part of the document. */
  shift: number;
}

type Parse = (text: string) => Root;

/** How much is parsed at once, in UTF-16 units: the parser takes several hundred bytes for each. */
const PART_LENGTH = 64 * 1024;

/**
 * Where a document may be cut: before a line at the margin that follows a blank one, and before a heading or
 * a bullet at the margin. Whatever list, quote or paragraph is open there ends; fenced code and HTML may go
 * on.
 */
const CUT =
  /(?:\r\n|\n|\r(?!\n))(?:[ \t]*(?:\r\n|\n|\r(?!\n))(?=[^\s\uFEFF])|(?=#{1,6}[ \t]|[-*+][ \t]+[^\s\uFEFF]))/g;

/**
 * Parses Markdown, a long document part by part, so that memory doesn't go with its length. The parts' trees
 * are, one after the other, what the tree of the whole would be, apart from lists that continue.
 */
export function* parsedInParts(text: string, parse: Parse): Generator<Part> {
  const labels = text.length > PART_LENGTH && text.includes("]:") ? labelsIn(text, parse) : new Set<string>();
  yield* parts(text, parse, labels);
}

function* parts(text: string, parse: Parse, labels: ReadonlySet<string>): Generator<Part> {
  let length = PART_LENGTH;
  for (let start = 0; start < text.length;) {
    const end = cutFrom(text, start + length);
    const part = text.slice(start, end);
    const definitions = definitionsFor(part, labels);
    const tree = parse(definitions + part);
    if (end < text.length && mayGoOn(tree, part)) {
      length = 2 * (end - start);
      continue;
    }
    yield { tree, start, shift: start - definitions.length };
    start = end;
    length = PART_LENGTH;
  }
}

function cutFrom(text: string, offset: number): number {
  CUT.lastIndex = offset;
  return offset < text.length && CUT.test(text) ? CUT.lastIndex : text.length;
}

/** What only its own end closes (CommonMark 0.31, section 4.6); a blank line ends any other HTML. */
const LASTING = /^ *<(?:[!?]|(?:script|pre|style|textarea)(?![\w-]))/i;
const ENDS_BLANK = /(?:\n|\r(?!\n))[ \t]*(?:\r\n|\n|\r)$/;

/** Whether the last block of a part may hold what comes behind the part. */
function mayGoOn({ children }: Root, part: string): boolean {
  const last = children.at(-1);
  if (last?.type === "html") return LASTING.test(last.value) || !ENDS_BLANK.test(part);
  return last?.type === "code";
}

/** What a document defines for all of it: links and footnotes. */
function labelsIn(text: string, parse: Parse): Set<string> {
  const labels = new Set<string>();
  for (const { tree } of parts(text, parse, labels)) {
    visit(tree, (node) => {
      if (node.type === "definition") labels.add(node.identifier);
      else if (node.type === "footnoteDefinition") labels.add(`^${node.identifier}`);
    });
  }
  return labels;
}

/** Definitions of the labels that a part uses, to be read before it: whether a label is defined decides. */
function definitionsFor(part: string, labels: ReadonlySet<string>): string {
  if (labels.size === 0) return "";
  const used = new Set<string>();
  for (const [, label = ""] of part.matchAll(/\[((?:[^[\]\\]|\\.){0,2000})\]/gs)) {
    const identifier = identifierOf(label);
    if (labels.has(identifier)) used.add(identifier);
  }
  // The break ends a footnote, which takes what is indented behind it.
  return used.size > 0 ? `${[...used].map((label) => `[${label}]: x\n\n`).join("")}***\n\n` : "";
}

/**
 * A label as it is compared, without what belongs to a block quote or a list (CommonMark 0.31, section 6.3).
 */
function identifierOf(label: string): string {
  const line = label.replace(/[\r\n][ \t>]*/g, " ").replace(/[\t\n\r ]+/g, " ");
  return line.replace(/^ | $/g, "").toLowerCase().toUpperCase().toLowerCase();
}
