import { rm } from "node:fs/promises";
import { basename, join } from "node:path";
import { sha256 } from "../system/file-key.ts";
import { readJsonFile, readTextFile } from "../system/read.ts";
import { writeFileAtomic } from "../system/write.ts";

/** What is remembered of a file that was installed into, so that uninstalling can give it back as it was. */
export interface RestoreRecord {
  /** The file's text before our entry came in; undefined when there was no file. */
  before: string | undefined;
  /** Digest of the text that installing left; while it still fits, nobody has changed the file since. */
  after: string;
}

interface StoredRecord {
  file: string;
  existed: boolean;
  after: string;
}

/** Where the record of a file is kept; its backup, a plain copy for people too, lies beside it. */
export interface RestorePlace {
  record: string;
  backup: string;
  lock: string;
}

/** The place of the record for a configuration file, under the state folder. */
export function restorePlace(stateDir: string, file: string): RestorePlace {
  const name = `${sha256(file).slice(0, 12)}-${basename(file).replace(/^\./, "")}`;
  const path = join(stateDir, "installed", name);
  return { record: `${path}.record.json`, backup: `${path}.backup`, lock: `${path}.lock` };
}

/** Reads the record; undefined where there is none or it cannot be used. */
export function recall(place: RestorePlace): RestoreRecord | undefined {
  try {
    const stored = readJsonFile(place.record) as StoredRecord | undefined;
    if (typeof stored?.after !== "string") return undefined;
    const before = stored.existed ? readTextFile(place.backup, { keepByteOrderMark: true }) : undefined;
    // Without its backup a record would say that there was no file.
    if (stored.existed && before === undefined) return undefined;
    return { before, after: stored.after };
  } catch {
    // Without its record an entry is still removed, by editing.
    return undefined;
  }
}

/** Writes the record; the backup first, so that a record never speaks of a backup that is not there. */
export async function remember(place: RestorePlace, file: string, record: RestoreRecord): Promise<void> {
  const { before, after } = record;
  if (before !== undefined) await writeFileAtomic(place.backup, before);
  const stored: StoredRecord = { file, existed: before !== undefined, after };
  await writeFileAtomic(place.record, `${JSON.stringify(stored, undefined, 2)}\n`);
}

/** Drops the record and the backup. */
export async function forget(place: RestorePlace): Promise<void> {
  await rm(place.record, { force: true });
  await rm(place.backup, { force: true });
}
