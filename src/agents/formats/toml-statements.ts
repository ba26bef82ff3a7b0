import { parse } from "smol-toml";

/** One statement of a TOML file: a `[table]`, an `[[array of tables]]`, or a `key = value` pair. */
export interface TomlStatement {
  kind: "table" | "array" | "pair";
  /** From the root: for a pair, the path of its table and its own key, which may be dotted. */
  path: readonly string[];
  /** The start of its first line. */
  start: number;
  /** The start of the line after its last one, which includes any comment. */
  end: number;
  /** Where the key is: the whole key of a pair, or the content of a table's brackets. */
  key: Span;
  /** Where a pair's value is. */
  value: Span | undefined;
}

interface Span {
  from: number;
  to: number;
}

const BLANK = /(?:\s|#[^\n]*)*/y;
const SPACES = /[ \t]*/y;
const BARE_KEY = /[A-Za-z0-9_-]+/y;
const DOT = /[ \t]*\.[ \t]*/y;
const REST_OF_LINE = /[ \t]*(?:#[^\n]*)?(?:\r?\n|$)/y;
const STRINGS = [
  /"""(?:[^\\]|\\[^])*?"""(?:"{0,2})/y,
  /'''[^]*?'''(?:'{0,2})/y,
  /"(?:[^"\\\n]|\\.)*"/y,
  /'[^'\n]*'/y
];
const SCALAR = /[^#\r\n]+/y;
const INSIDE = /[^"'#[\]{}]+|#[^\n]*/y;

/** Splits a valid TOML text into statements, with only white space and comments between them. */
export function tomlStatements(text: string): TomlStatement[] {
  const statements: TomlStatement[] = [];
  let table: readonly string[] = [];
  for (let at = skip(BLANK, text, 0); at < text.length;) {
    const statement = text[at] === "[" ? readHeader(text, at) : readPair(text, at, table);
    if (statement.kind !== "pair") table = statement.path;
    statements.push(statement);
    at = skip(BLANK, text, statement.end);
  }
  return statements;
}

function readHeader(text: string, at: number): TomlStatement {
  const brackets = text[at + 1] === "[" ? 2 : 1;
  const [path, key] = readKey(text, skip(SPACES, text, at + brackets));
  const closed = skip(SPACES, text, key.to) + brackets;
  return {
    kind: brackets === 2 ? "array" : "table",
    path,
    key,
    value: undefined,
    ...lines(text, at, closed)
  };
}

function readPair(text: string, at: number, table: readonly string[]): TomlStatement {
  const [path, key] = readKey(text, at);
  const from = skip(SPACES, text, skip(SPACES, text, key.to) + 1);
  const value = { from, to: endOfValue(text, from) };
  return { kind: "pair", path: [...table, ...path], key, value, ...lines(text, at, value.to) };
}

function lines(text: string, from: number, to: number): { start: number; end: number } {
  return { start: text.lastIndexOf("\n", from - 1) + 1, end: skip(REST_OF_LINE, text, to) };
}

function readKey(text: string, at: number): [path: string[], span: Span] {
  const path: string[] = [];
  for (let from = at; ;) {
    const to = skip(BARE_KEY, text, from) > from ? skip(BARE_KEY, text, from) : endOfString(text, from);
    path.push(...Object.keys(parse(`${text.slice(from, to)} = 0`)));
    from = skip(DOT, text, to);
    if (from === to) return [path, { from: at, to }];
  }
}

function endOfValue(text: string, at: number): number {
  if (text[at] === "[" || text[at] === "{") return endOfBrackets(text, at);
  if (text[at] === '"' || text[at] === "'") return endOfString(text, at);
  return at + text.slice(at, skip(SCALAR, text, at)).trimEnd().length;
}

function endOfBrackets(text: string, start: number): number {
  let depth = 0;
  for (let at = start; at < text.length;) {
    const character = text[at] ?? "";
    if ("\"'".includes(character)) {
      at = endOfString(text, at);
    } else if ("[{]}".includes(character)) {
      depth += "[{".includes(character) ? 1 : -1;
      at += 1;
      if (depth === 0) return at;
    } else {
      at = skip(INSIDE, text, at);
    }
  }
  return text.length;
}

function endOfString(text: string, at: number): number {
  const ends = STRINGS.map((pattern) => skip(pattern, text, at));
  return ends.find((end) => end > at) ?? at + 1;
}

function skip(pattern: RegExp, text: string, offset: number): number {
  pattern.lastIndex = offset;
  return offset + (pattern.exec(text)?.[0].length ?? 0);
}
