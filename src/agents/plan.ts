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

/** Where an entry stands in a configuration text. */
export interface EntryPlace {
  format: ConfigFormat;
  /** Key path of the table of servers. */
  servers: readonly string[];
  name: string;
  /** What a file that does not exist yet starts with. */
  newFile?: string | undefined;
}

/** What is to become of a text; undefined stands for a file that does not exist. */
export interface TextChange {
  change: "added" | "updated" | "removed" | "unchanged";
  before: string | undefined;
  after: string | undefined;
}

/**
 * Writes the entry into a text, or brings the one that is there up to date.
 * @throws ConfigTextError when the text is invalid or cannot be edited safely
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
 * Takes the entry out of a text. Where nobody has changed the file since the entry was written, the answer is
 * the very text of before; otherwise the entry goes, and with it a table or a file that was made for it
 * alone.
 * @throws ConfigTextError when the text is invalid or cannot be edited safely
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

/** Edits, and proves by parsing that the change is the one meant and the only one. */
function edited(format: ConfigFormat, text: string, path: readonly string[], value: unknown): string {
  const after = format.edit(text, path, value);
  const meant = withValueAt(format.parse(text), path, value);
  const parent = path.slice(0, -1);
  const read = parsed(format, after);
  if (read && isDeepStrictEqual(withoutEmpty(read, parent), withoutEmpty(meant, parent))) return after;
  throw new ConfigTextError("the entry cannot be changed here without changing something else", 1, 1);
}

/** @returns undefined for a text that the edit has broken, which its places would say nothing about */
function parsed(format: ConfigFormat, text: string): ConfigTable | undefined {
  try {
    return format.parse(text);
  } catch (error) {
    if (error instanceof ConfigTextError) return undefined;
    throw error;
  }
}

/**
 * A table without the empty ones on the way to a path: where the last member goes, TOML has no table left to
 * write.
 */
function withoutEmpty(table: ConfigTable, path: readonly string[]): ConfigTable {
  if (path.length === 0 || !isEmpty(valueAt(table, path))) return table;
  return withoutEmpty(withValueAt(table, path, undefined), path.slice(0, -1));
}
