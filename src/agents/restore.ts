import { rm } from "node:fs/promises";
import { basename } from "node:path";
import { readJsonFile, readTextFile } from "../system/read.ts";
import { writeFileAtomic } from "../system/write.ts";
import { recordPath } from "./record-path.ts";

/** A record of a file before it was changed, so that uninstalling can restore it. */
export interface RestoreRecord {
  /** The text without our entry; undefined if there was no file. */
  before: string | undefined;
  /** The digest of the text that install wrote. As long as it matches, nobody has changed the file since. */
  after: string;
}

interface StoredRecord {
  file: string;
  existed: boolean;
  after: string;
}

/** Where a file's record and backup are stored. The backup is a plain copy, which people can use too. */
export interface RestorePlace {
  record: string;
  backup: string;
  lock: string;
}

/** Returns where the record of a configuration file is stored, in the state folder. */
export function restorePlace(stateDir: string, file: string): RestorePlace {
  const path = recordPath(stateDir, file, basename(file).replace(/^\./, ""));
  return { record: `${path}.record.json`, backup: `${path}.backup`, lock: `${path}.lock` };
}

/** Reads the record; undefined if there is none or it can't be used. */
export function recall(place: RestorePlace): RestoreRecord | undefined {
  try {
    const stored = readJsonFile(place.record) as StoredRecord | undefined;
    if (typeof stored?.after !== "string") return undefined;
    const before = stored.existed ? readTextFile(place.backup, { keepByteOrderMark: true }) : undefined;
    // A record without its backup would wrongly say that there was no file.
    if (stored.existed && before === undefined) return undefined;
    return { before, after: stored.after };
  } catch {
    // Without a record the entry can still be removed by editing.
    return undefined;
  }
}

/** Writes the backup first and then the record, so that a record never refers to a missing backup. */
export async function remember(place: RestorePlace, file: string, record: RestoreRecord): Promise<void> {
  const { before, after } = record;
  if (before !== undefined) await writeFileAtomic(place.backup, before);
  const stored: StoredRecord = { file, existed: before !== undefined, after };
  await writeFileAtomic(place.record, `${JSON.stringify(stored, undefined, 2)}\n`);
}

/** Deletes the record and the backup. */
export async function forget(place: RestorePlace): Promise<void> {
  await rm(place.record, { force: true });
  await rm(place.backup, { force: true });
}
