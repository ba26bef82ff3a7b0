import { isObject } from "../../system/json.ts";
/** What an agent's configuration may hold; TOML adds dates, which are only carried along. */
export type ConfigTable = Record<string, unknown>;

/**
 * A file format as this room sees it: text in, values out, and edits that touch nothing but their own place.
 */
export interface ConfigFormat {
  /**
   * Reads a whole file; one that is empty, or holds only comments, is an empty table.
   * @throws ConfigTextError when the agent could not read it either
   */
  parse(text: string): ConfigTable;
  /**
   * Sets the value at a path, or with undefined removes it. Missing tables on the way are made. Every byte
   * that is not part of the change is kept; where a table is set over a table, only the members that differ
   * change.
   * @throws ConfigTextError when the text is invalid or the path leads through something that is not a table
   */
  edit(text: string, path: readonly string[], value: unknown): string;
}

/** Levels of nesting in a configuration; parsers recurse, and nobody's configuration is deeper. */
export const MAX_DEPTH = 200;

/** A text that cannot be read, or not edited safely; `line` and `column` count from 1. */
export class ConfigTextError extends Error {
  readonly line: number;
  readonly column: number;

  constructor(message: string, line: number, column: number) {
    super(`line ${line}, column ${column}: ${message}`);
    this.name = "ConfigTextError";
    this.line = line;
    this.column = column;
  }

  /** The same for a place given as an offset into the text. */
  static at(text: string, offset: number, message: string): ConfigTextError {
    const before = text.slice(0, offset).split(/\r\n|\n|\r/);
    return new ConfigTextError(message, before.length, (before.at(-1)?.length ?? 0) + 1);
  }
}

/** Whether a value is a table: an object that is no list, no date, and no ordered map or set of YAML. */
export function isTable(value: unknown): value is ConfigTable {
  return isObject(value) && !(value instanceof Date) && !(value instanceof Map) && !(value instanceof Set);
}

/**
 * Parsers make tables without a prototype; a copy made of ordinary objects can be compared with anything.
 * @throws ConfigTextError for what is nested too deeply: an alias of YAML may stand within what it stands for
 */
export function plain(value: unknown, depth = 0): unknown {
  if (depth > MAX_DEPTH) throw new ConfigTextError("nested too deeply", 1, 1);
  if (Array.isArray(value)) return value.map((item) => plain(item, depth + 1));
  if (!isTable(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, plain(member, depth + 1)]));
}

/** The value at a path, undefined where there is none. */
export function valueAt(table: ConfigTable, path: readonly string[]): unknown {
  return path.reduce<unknown>((value, key) => (isTable(value) ? value[key] : undefined), table);
}

/** A copy of the table in which the value at the path is another one, or with undefined is gone. */
export function withValueAt(table: ConfigTable, path: readonly string[], value: unknown): ConfigTable {
  const [key, ...rest] = path;
  if (key === undefined) return isTable(value) ? value : table;
  const { [key]: current, ...others } = table;
  if (rest.length === 0) return value === undefined ? others : { ...others, [key]: value };
  if (value === undefined && !isTable(current)) return table;
  return { ...others, [key]: withValueAt(isTable(current) ? current : {}, rest, value) };
}

/** The line end a text uses, judged by its first one. */
export function lineEndOf(text: string): "\r\n" | "\n" {
  return /\r?\n/.exec(text)?.[0] === "\r\n" ? "\r\n" : "\n";
}

/** A text without its byte order mark, and the mark, to be put back in front. */
export function splitByteOrderMark(text: string): [mark: string, text: string] {
  return text.startsWith("\uFEFF") ? ["\uFEFF", text.slice(1)] : ["", text];
}
