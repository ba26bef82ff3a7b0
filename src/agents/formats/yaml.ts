import { messageOf } from "../../errors.ts";
import { isDeepStrictEqual } from "node:util";
import { type Document, Lexer, parseDocument } from "yaml";
import {
  type ConfigFormat,
  type ConfigTable,
  ConfigTextError,
  isTable,
  MAX_DEPTH,
  plain,
  splitByteOrderMark,
  valueAt
} from "./format.ts";
import { indexOfName, keyedByName } from "./named-list.ts";
import { type Path, splice } from "./yaml-splice.ts";

/** YAML 1.2. Edits are spliced into the text, which keeps comments and layout. */
export const yaml: ConfigFormat = {
  parse: (text) => parse(splitByteOrderMark(text)[1]),
  edit(text, path, value) {
    const [mark, body] = splitByteOrderMark(text);
    return mark + set(body, path, value);
  }
};

/**
 * YAML in which the servers are a list of mappings, each with a `name`. They are read and edited as if keyed
 * by name.
 */
export function yamlNamedList(list: readonly string[]): ConfigFormat {
  return {
    parse: (text) => keyedByName(yaml.parse(text), list),
    edit(text, path, value) {
      const [mark, body] = splitByteOrderMark(text);
      if (path.length === list.length)
        return mark + set(body, path, isTable(value) ? Object.values(value) : value);
      const table = parse(body);
      const [name = "", ...rest] = path.slice(list.length);
      const index = indexOfName(table, list, name);
      if (index >= 0) return mark + set(body, [...list, index, ...rest], value);
      if (value === undefined) return text;
      const items = valueAt(table, list);
      if (Array.isArray(items)) return mark + set(body, [...list, items.length], value);
      return mark + set(body, list, [value]);
    }
  };
}

function parse(text: string): ConfigTable {
  const value = valuesOf(read(text)) ?? {};
  if (isTable(value)) return plain(value) as ConfigTable;
  throw new ConfigTextError("the file isn't a YAML mapping", 1, 1);
}

/** Resolves aliases. Only this step detects undefined aliases and too many of them. */
function valuesOf(document: Document): unknown {
  try {
    return document.toJS();
  } catch (error) {
    throw new ConfigTextError(messageOf(error), 1, 1);
  }
}

function read(text: string): Document {
  checkDepth(text);
  const document = parseDocument(text, { prettyErrors: false, logLevel: "silent" });
  const [error] = document.errors;
  if (error)
    throw ConfigTextError.at(text, error.pos[0], error.message.split("\n")[0] ?? "this is not valid YAML");
  return document;
}

/** The parser is recursive, so check the depth before parsing. */
function checkDepth(text: string): void {
  let [brackets, dashes, offset] = [0, 0, 0];
  for (const token of new Lexer().lex(text)) {
    if (token.endsWith("\n")) dashes = 0;
    else if (token === "[" || token === "{") brackets += 1;
    else if (token === "]" || token === "}") brackets -= 1;
    else if (token === "-" || token === "?") dashes += 1;
    if (brackets + dashes > MAX_DEPTH) throw ConfigTextError.at(text, offset, "nested too deeply");
    // Control characters that the lexer inserts; they aren't in the text.
    if (!["\u0002", "\u0018", "\u001f"].includes(token)) offset += token.length;
  }
}

/** Sets one value at a time and parses again after each, so that offsets are always right. */
function set(text: string, path: Path, value: unknown): string {
  const current = at(parse(text), path);
  if (isDeepStrictEqual(current, value)) return text;
  if (!isTable(current) || !isTable(value) || Object.keys(current).length === 0) {
    return splice(text, read(text), path, value);
  }
  const keys = new Set([...Object.keys(current), ...Object.keys(value)]);
  return [...keys].reduce((result, key) => set(result, [...path, key], value[key]), text);
}

function at(table: unknown, path: Path): unknown {
  return path.reduce<unknown>(
    (value, key) => (Array.isArray(value) || isTable(value) ? (value as ConfigTable)[key] : undefined),
    table
  );
}
