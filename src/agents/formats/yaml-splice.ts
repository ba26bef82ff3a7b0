import {
  type Document,
  isCollection,
  isScalar,
  isSeq,
  type Node,
  type Pair,
  stringify,
  type YAMLMap,
  type YAMLSeq
} from "yaml";
import { ConfigTextError, lineEndOf } from "./format.ts";

/** Mapping keys and sequence indices, from the root. */
export type Path = readonly (string | number)[];

type Collection = YAMLMap<Node, Node | null> | YAMLSeq<Node>;

/** A member of a collection: a pair in a mapping or an item in a sequence. */
interface Member {
  /** The start of its key, or of its value in a sequence. */
  start: number;
  /** After the last character of its value. */
  end: number;
  value: Node | null;
}

/**
 * Sets, adds or (with undefined) removes the value at a path and leaves the rest of the text untouched.
 * @param document the parsed text
 * @throws ConfigTextError if the path leads through something that can't have members
 */
export function splice(text: string, document: Document, path: Path, value: unknown): string {
  const { contents } = document;
  // The document is an explicit null or a bare anchor.
  if (contents && !isCollection(contents)) {
    if (value === undefined) return text;
    throw new ConfigTextError("the file isn't a YAML mapping", 1, 1);
  }
  let collection = contents as Collection | null;
  if (!collection) return value === undefined ? text : appendBlock(text, nested(path, value));
  for (const [depth, key] of path.entries()) {
    const members = membersOf(text, collection);
    const index = indexOf(collection, key);
    const member = members[index];
    const rest = path.slice(depth + 1);
    if (!member) {
      return value === undefined
        ? text
        : insert(text, collection, members, memberText(collection, key, nested(rest, value)));
    }
    if (rest.length === 0) {
      return value === undefined ? remove(text, collection, members, index) : replace(text, member, value);
    }
    if (!isCollection(member.value)) return replaceNull(text, member, key, nested(rest, value));
    collection = member.value as Collection;
  }
  return text;
}

/**
 * Replaces a null with a mapping.
 * @param value undefined leaves the text as it is
 * @throws ConfigTextError if the member isn't null
 */
function replaceNull(text: string, member: Member, key: string | number, value: unknown): string {
  if (value === undefined) return text;
  if (isScalar(member.value) && member.value.value === null) return replace(text, member, value);
  throw ConfigTextError.at(text, member.start, `"${key}" isn't a mapping`);
}

/** Wraps a value in mappings along a path; undefined stays undefined. */
function nested(path: Path, value: unknown): unknown {
  if (value === undefined) return undefined;
  return path.reduceRight<unknown>((inner, key) => ({ [key]: inner }), value);
}

function indexOf(collection: Collection, key: string | number): number {
  if (isSeq(collection)) return typeof key === "number" ? key : -1;
  return collection.items.findIndex(
    ({ key: written }) => isScalar(written) && String(written.value) === String(key)
  );
}

function membersOf(text: string, collection: Collection): Member[] {
  if (isSeq(collection)) {
    return collection.items.map((value) => ({ start: startOf(value), end: endOf(value), value }));
  }
  return collection.items.map(({ key, value }: Pair<Node, Node | null>) => {
    const colon = text.indexOf(":", endOf(key)) + 1;
    return { start: startOf(key), end: value && endOf(value) > colon ? endOf(value) : colon, value };
  });
}

function startOf(node: Node): number {
  return node.range?.[0] ?? 0;
}

/**
 * Returns a node's end. A block collection ends with its last member; the parser's range includes comments.
 */
function endOf(node: Node): number {
  if (isCollection(node) && !node.flow && node.items.length > 0) {
    const last = node.items.at(-1) as Node | Pair<Node, Node | null>;
    if ("key" in last) return last.value ? Math.max(endOf(last.value), endOf(last.key)) : endOf(last.key) + 1;
    return endOf(last);
  }
  return node.range?.[1] ?? 0;
}

/** Formats a member on its own, in block and in flow style. */
function memberText(
  collection: Collection,
  key: string | number,
  value: unknown
): { block: string; flow: string } {
  if (isSeq(collection)) return { block: block([value]), flow: JSON.stringify(value) };
  return { block: block({ [key]: value }), flow: `${JSON.stringify(String(key))}: ${JSON.stringify(value)}` };
}

function block(value: unknown): string {
  return stringify(value, { lineWidth: 0 }).trimEnd();
}

function appendBlock(text: string, value: unknown): string {
  const lineEnd = lineEndOf(text);
  const head = text === "" || text.endsWith("\n") ? text : text + lineEnd;
  return head + block(value).replaceAll("\n", lineEnd) + lineEnd;
}

function insert(
  text: string,
  collection: Collection,
  members: readonly Member[],
  added: { block: string; flow: string }
): string {
  const [first] = members;
  const last = members.at(-1);
  if (!first || !last) return replaceEmpty(text, collection, added.block);
  if (collection.flow) return `${text.slice(0, first.start)}${added.flow}, ${text.slice(first.start)}`;
  const lineEnd = lineEndOf(text);
  const indent = " ".repeat(columnOf(text, isSeq(collection) ? dashOf(text, first) : first.start));
  const lines = indent + added.block.replaceAll("\n", `\n${indent}`);
  const at = endOfLine(text, last.end);
  const head = text.slice(0, at);
  return (
    head + (head.endsWith("\n") ? "" : lineEnd) + lines.replaceAll("\n", lineEnd) + lineEnd + text.slice(at)
  );
}

/** Turns `key: {}` or `key: []` into a block below the key. */
function replaceEmpty(text: string, collection: Collection, added: string): string {
  const [start, end] = [startOf(collection), endOf(collection)];
  const outer = /^ */.exec(text.slice(lineStart(text, start)))?.[0] ?? "";
  const key = text.slice(lineStart(text, start), start);
  if (key.trim() === "") return text.slice(0, start) + added + text.slice(end);
  return text.slice(0, start).trimEnd() + indented(text, added, `${outer}  `) + text.slice(end);
}

/** A line break followed by the indented lines of a block. */
function indented(text: string, lines: string, indent: string): string {
  const lineEnd = lineEndOf(text);
  return lineEnd + indent + lines.replaceAll("\n", lineEnd + indent);
}

function replace(text: string, member: Member, value: unknown): string {
  const { value: node } = member;
  const written = node && endOf(node) > startOf(node);
  if (!written) {
    // A key without a value.
    if (typeof value !== "object" || value === null)
      return `${text.slice(0, member.end)} ${JSON.stringify(value)}${text.slice(member.end)}`;
    const outer = " ".repeat(columnOf(text, member.start));
    return text.slice(0, member.end) + indented(text, block(value), `${outer}  `) + text.slice(member.end);
  }
  const before = text.slice(member.start, startOf(node));
  const gap = /:\s*$/.exec(before)?.[0];
  const from = gap?.includes("\n") ? startOf(node) - gap.length + 1 : startOf(node);
  const space = from === startOf(node) ? "" : " ";
  return text.slice(0, from) + space + JSON.stringify(value) + text.slice(endOf(node));
}

function remove(text: string, collection: Collection, members: readonly Member[], index: number): string {
  const member = members[index];
  if (!member) return text;
  const next = members[index + 1];
  const previous = members[index - 1];
  if (collection.flow) {
    if (next) return text.slice(0, member.start) + text.slice(next.start);
    if (previous) return text.slice(0, previous.end) + text.slice(member.end);
    return text.slice(0, member.start) + text.slice(member.end);
  }
  const start = isSeq(collection) ? dashOf(text, member) : member.start;
  const ownLine = text.slice(lineStart(text, start), start).trim() === "";
  // The first pair of a list item follows the dash, so the next pair takes its place.
  if (!ownLine && next) return text.slice(0, start) + text.slice(next.start);
  const head = text.slice(0, ownLine ? lineStart(text, start) : start);
  const tail = text.slice(endOfLine(text, member.end));
  if (members.length > 1) return head + tail;
  return withEmpty(head, isSeq(collection) ? "[]" : "{}") + tail;
}

/** Writes an empty collection after the key whose last member was removed; the root needs none. */
function withEmpty(head: string, empty: string): string {
  const colon = /:(?=[ \t]*(?:#[^\n]*)?(?:\r?\n(?:[ \t]*(?:#[^\n]*)?\r?\n)*)?$)/.exec(head);
  return colon ? `${head.slice(0, colon.index + 1)} ${empty}${head.slice(colon.index + 1)}` : head;
}

function dashOf(text: string, member: Member): number {
  return text.lastIndexOf("-", member.start - 1);
}

function lineStart(text: string, offset: number): number {
  return text.lastIndexOf("\n", offset - 1) + 1;
}

function columnOf(text: string, offset: number): number {
  return offset - lineStart(text, offset);
}

/** The offset after the line break of the line that contains `offset`. */
function endOfLine(text: string, offset: number): number {
  if (text[offset - 1] === "\n") return offset;
  const end = text.indexOf("\n", offset);
  return end < 0 ? text.length : end + 1;
}
