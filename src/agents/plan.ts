import { isDeepStrictEqual } from "node:util";
import { sha256 } from "../system/file-key.ts";
import { mergeEntry } from "./entry.ts";
import {
  type ConfigFormat,
  type ConfigTable,
  ConfigTextError,
  isTable,
  valueAt,
  withValueAt
} from "./formats/format.ts";
import type { RestoreRecord } from "./restore.ts";

/** Where an entry goes in a configuration file. */
export interface EntryPlace {
  format: ConfigFormat;
  /** The key path of the table of servers. */
  servers: readonly string[];
  name: string;
  /** The agent's id, as given to `install`. */
  id?: string | undefined;
  /** The initial content of a new file. */
  newFile?: string | undefined;
}

/** A change to a text; undefined stands for a file that doesn't exist. */
export interface TextChange {
  change: "added" | "updated" | "removed" | "unchanged";
  before: string | undefined;
  after: string | undefined;
}

/**
 * Adds the entry to a text, or updates the existing one.
 * @throws ConfigTextError if the text is invalid or can't be edited safely
 */
export function planInstall(before: string | undefined, place: EntryPlace, entry: ConfigTable): TextChange {
  const path = [...place.servers, place.name];
  const text = before ?? place.newFile ?? "";
  const existing = valueAt(place.format.parse(text), path);
  const after = edited(place.format, text, path, mergeEntry(existing, entry));
  if (after === before) return { change: "unchanged", before, after };
  return { change: existing === undefined ? "added" : "updated", before, after };
}

/**
 * Removes the entry from a text. If the file is unchanged since the entry was written, the original text is
 * restored exactly. Otherwise only the entry is removed, together with a table or file that was created just
 * for it.
 * @throws ConfigTextError if the text is invalid or can't be edited safely
 */
export function planUninstall(
  before: string | undefined,
  place: EntryPlace,
  record: RestoreRecord | undefined
): TextChange {
  const { format, servers } = place;
  const path = [...servers, place.name];
  if (before === undefined || valueAt(format.parse(before), path) === undefined) {
    return { change: "unchanged", before, after: before };
  }
  const original = record && format.parse(record.before ?? "");
  const untouched = record?.after === sha256(before) && original && valueAt(original, path) === undefined;
  if (untouched) return { change: "removed", before, after: record.before };
  return {
    change: "removed",
    before,
    after: withoutEntry(before, place, record && original ? { record, original } : undefined)
  };
}

function withoutEntry(
  before: string,
  { format, servers, name }: EntryPlace,
  known: { record: RestoreRecord; original: ConfigTable } | undefined
): string | undefined {
  const after = edited(format, before, [...servers, name], undefined);
  if (!known) return after;
  const empty = isEmpty(valueAt(format.parse(after), servers)) && !valueAt(known.original, servers);
  const pruned = empty ? edited(format, after, servers, undefined) : after;
  return known.record.before === undefined && isEmpty(format.parse(pruned)) ? undefined : pruned;
}

function isEmpty(value: unknown): boolean {
  return isTable(value) && Object.keys(value).length === 0;
}

/** Edits a text, then parses the result to verify that it contains the intended change and no other. */
function edited(format: ConfigFormat, text: string, path: readonly string[], value: unknown): string {
  const after = format.edit(text, path, value);
  const meant = withValueAt(format.parse(text), path, value);
  const parent = path.slice(0, -1);
  const read = parsed(format, after);
  if (read && isDeepStrictEqual(withoutEmpty(read, parent), withoutEmpty(meant, parent))) return after;
  throw new ConfigTextError("the entry can't be changed here without changing something else", 1, 1);
}

/** @returns undefined if the edit has broken the text: the error's position would mean nothing to the user */
function parsed(format: ConfigFormat, text: string): ConfigTable | undefined {
  try {
    return format.parse(text);
  } catch (error) {
    if (error instanceof ConfigTextError) return undefined;
    throw error;
  }
}

/**
 * Drops empty tables along a path before comparing: TOML doesn't keep a table whose last member is removed.
 */
function withoutEmpty(table: ConfigTable, path: readonly string[]): ConfigTable {
  if (path.length === 0 || !isEmpty(valueAt(table, path))) return table;
  return withoutEmpty(withValueAt(table, path, undefined), path.slice(0, -1));
}
