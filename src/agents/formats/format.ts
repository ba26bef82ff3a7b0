import { isObject } from "../../system/json.ts";
/** The content of an agent's configuration; TOML adds dates, which are only passed through. */
export type ConfigTable = Record<string, unknown>;

/** A file format: parses text into values, and edits the text without touching anything else in it. */
export interface ConfigFormat {
  /**
   * Parses a whole file; an empty file, or one with only comments, is an empty table.
   * @throws ConfigTextError if the agent couldn't read it either
   */
  parse(text: string): ConfigTable;
  /**
   * Sets the value at a path, or removes it if the value is undefined. Missing tables on the way are created.
   * All bytes that aren't part of the change are kept: if a table replaces a table, only the members that
   * differ change.
   * @throws ConfigTextError if the text is invalid or the path leads through something that isn't a table
   */
  edit(text: string, path: readonly string[], value: unknown): string;
}

/**
 * The maximum nesting of a configuration. Parsers are recursive, and real configurations are far shallower.
 */
export const MAX_DEPTH = 200;

/** A text that can't be parsed or safely edited; `line` and `column` count from 1. */
export class ConfigTextError extends Error {
  readonly line: number;
  readonly column: number;

  constructor(message: string, line: number, column: number) {
    super(`line ${line}, column ${column}: ${message}`);
    this.name = "ConfigTextError";
    this.line = line;
    this.column = column;
  }

  /** Creates the error from an offset in the text. */
  static at(text: string, offset: number, message: string): ConfigTextError {
    const before = text.slice(0, offset).split(/\r\n|\n|\r/);
    return new ConfigTextError(message, before.length, (before.at(-1)?.length ?? 0) + 1);
  }
}

/**
 * Whether a value is a table: an object other than a list, a date, or one of YAML's ordered maps and sets.
 */
export function isTable(value: unknown): value is ConfigTable {
  return isObject(value) && !(value instanceof Date) && !(value instanceof Map) && !(value instanceof Set);
}

/**
 * Copies a parsed value to ordinary objects, so that it can be compared: parsers create tables without a
 * prototype.
 * @throws ConfigTextError if it is nested too deeply: a YAML alias can contain itself
 */
export function plain(value: unknown, depth = 0): unknown {
  if (depth > MAX_DEPTH) throw new ConfigTextError("nested too deeply", 1, 1);
  if (Array.isArray(value)) return value.map((item) => plain(item, depth + 1));
  if (!isTable(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, plain(member, depth + 1)]));
}

/** Returns the value at a path; undefined if there is none. */
export function valueAt(table: ConfigTable, path: readonly string[]): unknown {
  return path.reduce<unknown>((value, key) => (isTable(value) ? value[key] : undefined), table);
}

/** Returns a copy of a table with the value at a path replaced, or removed if it is undefined. */
export function withValueAt(table: ConfigTable, path: readonly string[], value: unknown): ConfigTable {
  const [key, ...rest] = path;
  if (key === undefined) return isTable(value) ? value : table;
  const { [key]: current, ...others } = table;
  if (rest.length === 0) return value === undefined ? others : { ...others, [key]: value };
  if (value === undefined && !isTable(current)) return table;
  return { ...others, [key]: withValueAt(isTable(current) ? current : {}, rest, value) };
}

/** Returns the text's line ending, going by the first line. */
export function lineEndOf(text: string): "\r\n" | "\n" {
  return /\r?\n/.exec(text)?.[0] === "\r\n" ? "\r\n" : "\n";
}

/** Splits off the byte order mark, which has to be put back later. */
export function splitByteOrderMark(text: string): [mark: string, text: string] {
  return text.startsWith("\uFEFF") ? ["\uFEFF", text.slice(1)] : ["", text];
}
