import { isDeepStrictEqual } from "node:util";
import {
  type ConfigFormat,
  type ConfigTable,
  ConfigTextError,
  isTable,
  lineEndOf,
  splitByteOrderMark,
  valueAt
} from "./format.ts";
import { indexOfName, keyedByName } from "./named-list.ts";
import { removeLines, same, startsWith, toml, writeKey, writeValue } from "./toml.ts";
import { type TomlStatement, tomlStatements } from "./toml-statements.ts";

/**
 * TOML in which the servers are an array of tables, `[[list]]`, each with a `name`. They are read and edited
 * as if keyed by name.
 */
export function tomlNamedList(list: readonly string[]): ConfigFormat {
  return {
    parse: (text) => keyedByName(toml.parse(text), list),
    edit(text, path, value) {
      const [mark, body] = splitByteOrderMark(text);
      return mark + edit(body, list, path, value);
    }
  };
}

function edit(text: string, list: readonly string[], path: readonly string[], value: unknown): string {
  const table = toml.parse(text);
  refuseInline(text, list);
  // The list as a whole can only be removed: it has no header of its own.
  if (path.length === list.length) return toml.edit(text, list, value);
  const [name = "", ...rest] = path.slice(list.length);
  const index = indexOfName(table, list, name);
  if (index < 0) return isTable(value) ? append(text, list, value) : text;
  if (value === undefined && rest.length === 0) return removeItem(text, list, index);
  if (!isTable(value) || rest.length > 0)
    throw new ConfigTextError("only whole servers can be changed here", 1, 1);
  const items = valueAt(table, list) as ConfigTable[];
  const keys = new Set([...Object.keys(items[index] ?? {}), ...Object.keys(value)]);
  return [...keys].reduce((result, key) => setMember(result, list, index, key, value[key]), text);
}

function refuseInline(text: string, list: readonly string[]): void {
  const pair = tomlStatements(text).find(({ kind, path }) => kind === "pair" && startsWith(list, path));
  if (!pair) return;
  const name = list.map(writeKey).join(".");
  throw ConfigTextError.at(
    text,
    pair.key.from,
    `${name} is one inline value; write its items as [[${name}]] tables`
  );
}

function append(text: string, list: readonly string[], value: ConfigTable): string {
  const lineEnd = lineEndOf(text);
  const closed = text === "" || text.endsWith("\n") ? text : text + lineEnd;
  const apart = closed === "" || /\n\r?\n$/.test(closed) ? "" : lineEnd;
  const pairs = Object.entries(value).map(([key, member]) => `${writeKey(key)} = ${writeValue(member)}`);
  return closed + apart + [`[[${list.map(writeKey).join(".")}]]`, ...pairs].join(lineEnd) + lineEnd;
}

/** The statements of one item: its header and everything up to the next header that isn't part of it. */
function itemStatements(text: string, list: readonly string[], index: number): TomlStatement[] {
  const statements = tomlStatements(text);
  const headers = statements.flatMap(({ kind, path }, at) =>
    kind === "array" && same(path, list) ? [at] : []
  );
  const from = headers[index] ?? statements.length;
  const next = statements.findIndex(
    ({ kind, path }, at) => at > from && kind !== "pair" && (same(path, list) || !startsWith(path, list))
  );
  return statements.slice(from, next < 0 ? undefined : next);
}

function removeItem(text: string, list: readonly string[], index: number): string {
  const statements = itemStatements(text, list, index);
  return removeLines(text, statements[0]?.start ?? 0, statements.at(-1)?.end ?? 0);
}

function setMember(
  text: string,
  list: readonly string[],
  index: number,
  key: string,
  value: unknown
): string {
  const items = valueAt(toml.parse(text), list) as ConfigTable[];
  if (isDeepStrictEqual(items[index]?.[key], value)) return text;
  const [header, ...statements] = itemStatements(text, list, index);
  const own = statements.filter(({ path }) => startsWith(path, [...list, key]));
  const pair = own.find(({ kind, path }) => kind === "pair" && same(path, [...list, key]));
  if (pair?.value && value !== undefined) {
    return text.slice(0, pair.value.from) + writeValue(value) + text.slice(pair.value.to);
  }
  const removed = own.reduceRight(
    (result, { start, end }) => result.slice(0, start) + result.slice(end),
    text
  );
  if (value === undefined || !header) return removed;
  const lineEnd = lineEndOf(text);
  const head = removed.slice(0, header.end);
  const line = `${writeKey(key)} = ${writeValue(value)}${lineEnd}`;
  return head + (head.endsWith("\n") ? "" : lineEnd) + line + removed.slice(header.end);
}
