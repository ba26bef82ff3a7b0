import { isDeepStrictEqual } from "node:util";
import {
  createScanner,
  getNodeValue,
  type Node,
  type ParseError,
  parseTree,
  printParseErrorCode
} from "jsonc-parser";
import {
  type ConfigFormat,
  type ConfigTable,
  ConfigTextError,
  isTable,
  lineEndOf,
  MAX_DEPTH,
  plain,
  splitByteOrderMark
} from "./format.ts";

/** What an agent accepts beyond RFC 8259. */
interface JsonDialect {
  comments: boolean;
  trailingCommas: boolean;
}

/** Strict JSON (RFC 8259). */
export const json = jsonFormat({ comments: false, trailingCommas: false });
/** JSON with comments but without trailing commas. */
export const jsonWithComments = jsonFormat({ comments: true, trailingCommas: false });
/** JSON with comments and trailing commas, as read by VS Code and Zed. */
export const jsonc = jsonFormat({ comments: true, trailingCommas: true });

function jsonFormat(dialect: JsonDialect): ConfigFormat {
  return {
    parse(text) {
      const root = parseRoot(splitByteOrderMark(text)[1], dialect);
      return root ? (plain(getNodeValue(root)) as ConfigTable) : {};
    },
    edit(text, path, value) {
      const [mark, body] = splitByteOrderMark(text);
      return mark + set(body, path, value, dialect);
    }
  };
}

/** @returns the root object; undefined if there is nothing but white space and comments */
function parseRoot(text: string, dialect: JsonDialect): Node | undefined {
  checkDepth(text);
  const errors: ParseError[] = [];
  const root = parseTree(text, errors, {
    disallowComments: !dialect.comments,
    allowTrailingComma: dialect.trailingCommas,
    allowEmptyContent: true
  });
  const [first] = errors;
  if (first) throw ConfigTextError.at(text, first.offset, whatIsWrong(first));
  if (root && root.type !== "object") {
    throw ConfigTextError.at(text, root.offset, "the file isn't a JSON object");
  }
  return root;
}

function whatIsWrong({ error }: ParseError): string {
  const code = printParseErrorCode(error);
  return code === "InvalidCommentToken"
    ? "a comment, which this agent can't read (it reads plain JSON)"
    : inWords(code);
}

/** The parser is recursive, so check the depth before parsing. */
function checkDepth(text: string): void {
  const scanner = createScanner(text, true);
  for (let depth = 0; scanner.getPosition() < text.length;) {
    scanner.scan();
    const character = text[scanner.getTokenOffset()] ?? " ";
    if ("{[".includes(character)) depth += 1;
    if ("}]".includes(character)) depth -= 1;
    if (depth > MAX_DEPTH) throw ConfigTextError.at(text, scanner.getTokenOffset(), "nested too deeply");
  }
}

/** `CommaExpected` → `comma expected` */
function inWords(code: string): string {
  return code.replace(/(?<=[a-z])(?=[A-Z])/g, " ").toLowerCase();
}

/** White space and comments. */
const TRIVIA = /(?:\s|\/\/[^\r\n]*|\/\*[^]*?\*\/)*/y;
/** The same up to the end of the line; only a comment may extend beyond it. */
const REST_OF_LINE = /(?:[ \t]|\/\/[^\r\n]*|\/\*[^]*?\*\/)*/y;

function skip(pattern: RegExp, text: string, offset: number): number {
  pattern.lastIndex = offset;
  return offset + (pattern.exec(text)?.[0].length ?? 0);
}

function atLineEnd(text: string, offset: number): boolean {
  return offset === text.length || text[offset] === "\n" || text[offset] === "\r";
}

/** The offset after the comma that follows `offset`; undefined if there is none. */
function afterComma(text: string, offset: number): number | undefined {
  const next = skip(TRIVIA, text, offset);
  return text[next] === "," ? next + 1 : undefined;
}

/** The indentation before `offset`; undefined if anything else precedes it on its line. */
function indentBefore(text: string, offset: number): string | undefined {
  return /(?:^|\n)([ \t]*)$/.exec(text.slice(text.lastIndexOf("\n", offset - 1) + 1, offset))?.[1];
}

function endOf(node: Node): number {
  return node.offset + node.length;
}

/** Makes one change at a time and parses again after each, so that offsets are always right. */
function set(text: string, path: readonly string[], value: unknown, dialect: JsonDialect): string {
  const root = parseRoot(text, dialect);
  if (!root) return value === undefined ? text : fresh(text, path, value);
  let table = root;
  for (const [depth, key] of path.entries()) {
    const property = lastProperty(table, key);
    const found = property?.children?.[1];
    const rest = path.slice(depth + 1);
    if (!property || !found)
      return value === undefined ? text : insert(text, table, key, nested(rest, value));
    if (rest.length === 0) {
      if (value === undefined) return remove(text, table, property);
      return replace(text, property, found, value, (result, member, to) =>
        set(result, [...path, member], to, dialect)
      );
    }
    if (found.type !== "object") throw ConfigTextError.at(text, found.offset, `"${key}" isn't an object`);
    table = found;
  }
  return text;
}

/** Replaces a value. An object replaces an object member by member, with `setMember`. */
function replace(
  text: string,
  property: Node,
  found: Node,
  value: unknown,
  setMember: (text: string, key: string, value: unknown) => string
): string {
  const current = plain(getNodeValue(found));
  if (isDeepStrictEqual(current, value)) return text;
  if (isTable(current) && isTable(value)) {
    const keys = new Set([...Object.keys(current), ...Object.keys(value)]);
    return [...keys].reduce((result, key) => setMember(result, key, value[key]), text);
  }
  const indent = indentBefore(text, property.offset);
  const json = indent === undefined ? JSON.stringify(value) : pretty(value, styleOf(text, property), indent);
  return text.slice(0, found.offset) + json + text.slice(endOf(found));
}

/** Finds the effective member: if a name occurs twice, readers take the last. */
function lastProperty(table: Node, key: string): Node | undefined {
  return table.children?.findLast((property) => property.children?.[0]?.value === key);
}

function nested(path: readonly string[], value: unknown): unknown {
  return path.reduceRight<unknown>((inner, key) => ({ [key]: inner }), value);
}

/** Creates the content of a file that has none, after any comments in it. */
function fresh(text: string, path: readonly string[], value: unknown): string {
  const lineEnd = lineEndOf(text);
  const comments = text.trim() === "" ? "" : text.trimEnd() + lineEnd;
  return comments + pretty(nested(path, value), { unit: "  ", lineEnd }, "") + lineEnd;
}

interface Style {
  unit: string;
  lineEnd: string;
}

/** Detects the text's indentation from the first member of the root that is on its own line. */
function styleOf(text: string, node: Node): Style {
  let root = node;
  while (root.parent) root = root.parent;
  const indents = root.children?.map((property) => indentBefore(text, property.offset)) ?? [];
  return { unit: indents.find((indent) => indent) ?? "  ", lineEnd: lineEndOf(text) };
}

function pretty(value: unknown, { unit, lineEnd }: Style, indent: string): string {
  return JSON.stringify(value, undefined, unit).replaceAll("\n", lineEnd + indent);
}

/** Adds a member to the end of an object, in the object's own style. */
function insert(text: string, table: Node, key: string, value: unknown): string {
  const style = styleOf(text, table);
  const last = table.children?.at(-1);
  const outer = /^[ \t]*/.exec(text.slice(text.lastIndexOf("\n", table.offset - 1) + 1))?.[0] ?? "";
  const indent = (last && indentBefore(text, last.offset)) ?? outer + style.unit;
  const member = `${JSON.stringify(key)}: ${pretty(value, style, indent)}`;
  if (!last) return insertFirst(text, table, member, { indent, outer, lineEnd: style.lineEnd });

  const end = endOf(last);
  const comma = afterComma(text, end);
  const [before, after] = comma === undefined ? [",", ""] : ["", ","];
  const lineEnd = skip(REST_OF_LINE, text, comma ?? end);
  const singleLine = !text.slice(table.offset, endOf(table)).includes("\n");
  const added = singleLine
    ? ` ${JSON.stringify(key)}: ${JSON.stringify(value)}`
    : style.lineEnd + indent + member;
  const from = atLineEnd(text, lineEnd) ? lineEnd : (comma ?? end);
  return text.slice(0, end) + before + text.slice(end, from) + added + after + text.slice(from);
}

function insertFirst(
  text: string,
  table: Node,
  member: string,
  { indent, outer, lineEnd }: { indent: string; outer: string; lineEnd: string }
): string {
  const close = endOf(table) - 1;
  const afterOpen = skip(REST_OF_LINE, text, table.offset + 1);
  if (atLineEnd(text, afterOpen)) {
    return text.slice(0, afterOpen) + lineEnd + indent + member + text.slice(afterOpen);
  }
  const before = text.slice(0, close).replace(/[ \t]+$/, "");
  return before + lineEnd + indent + member + lineEnd + outer + text.slice(close);
}

/** Removes a member, together with its line if it has one to itself, and the comma that is left over. */
function remove(text: string, table: Node, property: Node): string {
  const members = table.children ?? [];
  const previous = members[members.indexOf(property) - 1];
  const comma = afterComma(text, endOf(property));
  const spare = comma === undefined && previous ? afterComma(text, endOf(previous)) : undefined;
  const spareIsNear = spare !== undefined && /^[ \t]*$/.test(text.slice(spare, property.offset));
  const start = spareIsNear ? spare - 1 : property.offset;
  const [from, to] = extent(text, start, comma ?? endOf(property));
  const [open, close] = [table.offset + 1, endOf(table) - 1];
  const left = text.slice(open, from) + text.slice(to, close);
  if (left.trim() === "") return text.slice(0, open) + text.slice(close);
  const head = text.slice(0, from);
  const withoutSpare =
    spare === undefined || spareIsNear ? head : head.slice(0, spare - 1) + head.slice(spare);
  return withoutSpare + text.slice(to);
}

/** Extends a span to the whole line if nothing else is on it, otherwise by the white space around it. */
function extent(text: string, start: number, end: number): [number, number] {
  const indent = indentBefore(text, start);
  const blank = skip(/[ \t]*/y, text, end);
  if (indent !== undefined && atLineEnd(text, blank)) {
    return [start - indent.length, skip(/\r?\n/y, text, blank)];
  }
  const before = start - (/[ \t]*$/.exec(text.slice(0, start))?.[0].length ?? 0);
  return indent !== undefined || text[before - 1] === "{" ? [start, blank] : [before, end];
}
