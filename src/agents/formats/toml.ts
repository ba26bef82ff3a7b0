import { isDeepStrictEqual } from "node:util";
import { parse, TomlError } from "smol-toml";
import {
  type ConfigFormat,
  type ConfigTable,
  ConfigTextError,
  isTable,
  lineEndOf,
  plain,
  splitByteOrderMark,
  valueAt
} from "./format.ts";
import { checkDates } from "./toml-dates.ts";
import { type TomlStatement, tomlStatements } from "./toml-statements.ts";

/** TOML 1.0 with the additions of 1.1, which several agents already read. */
export const toml: ConfigFormat = {
  parse: (text) => parseTable(splitByteOrderMark(text)[1]),
  edit(text, path, value) {
    const [mark, body] = splitByteOrderMark(text);
    return mark + edit(body, path, value);
  }
};

function parseTable(text: string): ConfigTable {
  // The parser would ignore a byte order mark that isn't at the start of the file.
  if (text.startsWith("\uFEFF")) throw new ConfigTextError("a second byte order mark", 1, 1);
  try {
    const table = plain(parse(text, { integersAsBigInt: "asNeeded" })) as ConfigTable;
    checkDates(text);
    return table;
  } catch (error) {
    if (!(error instanceof TomlError)) throw error;
    const [reason = "this is not valid TOML"] = error.message
      .replace(/^Invalid TOML document: /, "")
      .split("\n");
    throw new ConfigTextError(reason, error.line, error.column);
  }
}

function edit(text: string, path: readonly string[], value: unknown): string {
  const current = valueAt(parseTable(text), path);
  if (isDeepStrictEqual(current, value)) return text;
  refuseInlineParent(text, path);
  if (value === undefined) return removeAll(text, path);
  return current === undefined && isTable(value) ? appendTable(text, path, value) : set(text, path, value);
}

/**
 * Refuses to add to an inline table: TOML can't extend one from outside, and rewriting it would move
 * comments.
 */
function refuseInlineParent(text: string, path: readonly string[]): void {
  const holder = tomlStatements(text).find(
    ({ kind, path: held }) => kind === "pair" && held.length < path.length && startsWith(path, held)
  );
  if (!holder) return;
  const name = holder.path.map(writeKey).join(".");
  const reason = `${name} is written as one inline value; write its members as [${name}.<name>] tables instead`;
  throw ConfigTextError.at(text, holder.key.from, reason);
}

/** Sets the value at a path. Tables are changed member by member to keep comments and other members. */
function set(text: string, path: readonly string[], value: unknown): string {
  const current = valueAt(parseTable(text), path);
  if (isDeepStrictEqual(current, value)) return text;
  const pair = tomlStatements(text).find((each) => each.kind === "pair" && same(each.path, path));
  if (value === undefined) return removeAll(text, path);
  if (pair?.value) return text.slice(0, pair.value.from) + writeValue(value) + text.slice(pair.value.to);
  if (current === undefined) return insertPair(text, path, value);
  if (!isTable(current) || !isTable(value)) {
    throw new ConfigTextError(`${path.map(writeKey).join(".")} isn't written as expected`, 1, 1);
  }
  const keys = new Set([...Object.keys(current), ...Object.keys(value)]);
  return [...keys].reduce((result, key) => set(result, [...path, key], value[key]), text);
}

/**
 * Adds a pair to an existing table: after its last pair, or else below its header, or else below a new
 * header.
 */
function insertPair(text: string, path: readonly string[], value: unknown): string {
  const parent = path.slice(0, -1);
  const key = writeKey(path.at(-1) ?? "");
  const statements = tomlStatements(text);
  const sibling = statements.findLast(
    ({ kind, path: at }) => kind === "pair" && same(at.slice(0, -1), parent)
  );
  const home = sibling ?? statements.find((each) => each.kind === "table" && same(each.path, parent));
  if (!home) return appendTable(text, parent, { [path.at(-1) ?? ""]: value });
  const indent = /^[ \t]*/.exec(text.slice(home.start))?.[0] ?? "";
  const line = `${indent}${sibling ? keyPrefix(text, sibling) : ""}${key} = ${writeValue(value)}`;
  const lineEnd = lineEndOf(text);
  const head = text.slice(0, home.end);
  return head + (head.endsWith("\n") ? "" : lineEnd) + line + lineEnd + text.slice(home.end);
}

/** Returns the prefix of a dotted key: `a.b.` for `a.b.c = 1`. */
function keyPrefix(text: string, { key }: TomlStatement): string {
  const dotted = text.slice(key.from, key.to);
  return dotted.slice(0, /(?:[A-Za-z0-9_-]+|"(?:[^"\\]|\\.)*"|'[^']*')$/.exec(dotted)?.index ?? 0);
}

/**
 * Appends a table as separate sections to the end of the text, where they can't capture other tables' pairs.
 */
function appendTable(text: string, path: readonly string[], table: ConfigTable): string {
  const lineEnd = lineEndOf(text);
  const closed = text === "" || text.endsWith("\n") ? text : text + lineEnd;
  const apart = closed === "" || /\n\r?\n$/.test(closed) ? "" : lineEnd;
  return closed + apart + sections(path, table).join("\n\n").replaceAll("\n", lineEnd) + lineEnd;
}

function sections(path: readonly string[], table: ConfigTable): string[] {
  const pairs = Object.entries(table).filter(([, value]) => !isTable(value));
  const tables = Object.entries(table).filter(([, value]) => isTable(value));
  const lines = pairs.map(([key, value]) => `${writeKey(key)} = ${writeValue(value)}`);
  const own = [`[${path.map(writeKey).join(".")}]`, ...lines].join("\n");
  return [own, ...tables.flatMap(([key, value]) => sections([...path, key], value as ConfigTable))];
}

/** Removes every statement at or below a path, including the comments in its sections. */
function removeAll(text: string, path: readonly string[]): string {
  const statements = tomlStatements(text);
  const spans: [number, number][] = [];
  let section: [number, number] | undefined;
  for (const { kind, path: at, start, end } of statements) {
    const inside = startsWith(at, path);
    if (kind !== "pair") section = undefined;
    if (inside && section) section[1] = end;
    else if (inside) spans.push([start, end]);
    if (inside && kind !== "pair") section = spans.at(-1);
  }
  return spans.reduceRight((result, [from, to]) => removeLines(result, from, to), text);
}

/** Removes lines, and the empty line before them if another one or the end of the text follows. */
export function removeLines(text: string, from: number, to: number): string {
  const head = text.slice(0, from);
  const tail = text.slice(to);
  const doubled = /(?:^|\n)\r?\n$/.test(head) && /^(?:\r?\n|$)/.test(tail);
  return (doubled ? head.replace(/\r?\n$/, "") : head) + tail;
}

export function startsWith(path: readonly string[], prefix: readonly string[]): boolean {
  return prefix.every((key, index) => path[index] === key);
}

export function same(path: readonly string[], other: readonly string[]): boolean {
  return path.length === other.length && startsWith(path, other);
}

export function writeKey(key: string): string {
  return /^[A-Za-z0-9_-]+$/.test(key) ? key : writeString(key);
}

export function writeValue(value: unknown): string {
  if (typeof value === "string") return writeString(value);
  if (Array.isArray(value)) return `[${value.map(writeValue).join(", ")}]`;
  if (value instanceof Date) return value.toISOString();
  if (!isTable(value)) return String(value);
  const members = Object.entries(value).map(([key, member]) => `${writeKey(key)} = ${writeValue(member)}`);
  return members.length === 0 ? "{}" : `{ ${members.join(", ")} }`;
}

/** Writes a basic string. TOML escapes are those of JSON, except that JSON doesn't escape DEL. */
function writeString(text: string): string {
  return JSON.stringify(text).replaceAll("\u007f", "\\u007f");
}
