import type { Root } from "mdast";
import { visit } from "unist-util-visit";

/** A part of a Markdown document. */
export interface Part {
  tree: Root;
  /** The part's offset in the document. */
  start: number;
  /** Add this to offsets in the tree. A result before `start` isn't in the document. */
  shift: number;
}

type Parse = (text: string) => Root;

/** The length of a part in UTF-16 units. The parser needs several hundred bytes for each. */
const PART_LENGTH = 64 * 1024;

/**
 * Matches where a document may be cut: before a line at the margin that follows a blank one, and before a
 * heading or bullet at the margin. Any open list, quote or paragraph ends there; fenced code and HTML may
 * continue.
 */
const CUT =
  /(?:\r\n|\n|\r(?!\n))(?:[ \t]*(?:\r\n|\n|\r(?!\n))(?=[^\s\uFEFF])|(?=#{1,6}[ \t]|[-*+][ \t]+[^\s\uFEFF]))/g;

/**
 * Parses Markdown, and splits long documents to limit the memory used. The trees of the parts add up to the
 * tree of the whole document, except that a list may be split.
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
    if (end < text.length && mayContinue(tree, part)) {
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

/**
 * HTML blocks that last until their own end marker (CommonMark 0.31, section 4.6). A blank line ends the
 * others.
 */
const LASTING = /^ *<(?:[!?]|(?:script|pre|style|textarea)(?![\w-]))/i;
const ENDS_BLANK = /(?:\n|\r(?!\n))[ \t]*(?:\r\n|\n|\r)$/;

/** Whether the last block of a part may continue in the next one. */
function mayContinue({ children }: Root, part: string): boolean {
  const last = children.at(-1);
  if (last?.type === "html") return LASTING.test(last.value) || !ENDS_BLANK.test(part);
  return last?.type === "code";
}

/** Collects the labels that apply to the whole document: links and footnotes. */
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

/**
 * Definitions to put before a part for the labels it uses, because the parser needs to know which labels
 * exist.
 */
function definitionsFor(part: string, labels: ReadonlySet<string>): string {
  if (labels.size === 0) return "";
  const used = new Set<string>();
  for (const [, label = ""] of part.matchAll(/\[((?:[^[\]\\]|\\.){0,2000})\]/gs)) {
    const identifier = identifierOf(label);
    if (labels.has(identifier)) used.add(identifier);
  }
  // The thematic break ends a footnote, which would otherwise include the indented lines that follow.
  return used.size > 0 ? `${[...used].map((label) => `[${label}]: x\n\n`).join("")}***\n\n` : "";
}

/** Normalises a label (CommonMark 0.31, section 6.3) and drops block quote and list markers. */
function identifierOf(label: string): string {
  const line = label.replace(/[\r\n][ \t>]*/g, " ").replace(/[\t\n\r ]+/g, " ");
  return line.replace(/^ | $/g, "").toLowerCase().toUpperCase().toLowerCase();
}
