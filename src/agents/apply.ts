import { constants } from "node:fs";
import { access, stat, unlink } from "node:fs/promises";
import { dirname } from "node:path";
import { codeOf, ImgwireError } from "../errors.ts";
import { sha256 } from "../system/file-key.ts";
import { withLock } from "../system/lock.ts";
import { readTextFile } from "../system/read.ts";
import { unwritable } from "../system/write-error.ts";
import { writeFileAtomic } from "../system/write.ts";
import { type ConfigTable, ConfigTextError, valueAt } from "./formats/format.ts";
import { createFolder, removeCreatedFolders } from "./created-folders.ts";
import { type EntryPlace, planInstall, planUninstall, type TextChange } from "./plan.ts";
import { forget, recall, remember, type RestorePlace, restorePlace } from "./restore.ts";
import { endOfLinks, isMissing, targetOf, unreadable } from "./target.ts";

/** One entry to write to, or remove from, a configuration file. */
export interface ConfigChange extends EntryPlace {
  /** Absolute; symbolic links are followed. */
  file: string;
  /** Undefined removes the entry. */
  entry: ConfigTable | undefined;
  /** Permission bits for a new file. */
  mode: number;
  /** A project folder that symbolic links must not lead out of. */
  within?: string | undefined;
}

/** The planned or actual effect of a change on a file. */
export interface ConfigResult extends TextChange {
  /** The file's path with all symbolic links resolved. */
  file: string;
  /** A copy of the file without our entry; set if this change created one. */
  backup?: string;
}

/** The number of attempts while another program keeps writing to the file. */
const MAX_ATTEMPTS = 5;

/**
 * Plans a change without making it.
 * @throws ImgwireError `agent_config_invalid` if the agent couldn't parse the file either, or if it can't be
 *   edited safely; `agent_config_unreadable`
 */
export async function planChange(change: ConfigChange, stateDir: string): Promise<ConfigResult> {
  const file = await targetOf(change);
  const before = readText(file);
  const record = change.entry ? undefined : recall(restorePlace(stateDir, file));
  return naming(change, () => ({
    file,
    ...(change.entry ? planInstall(before, change, change.entry) : planUninstall(before, change, record))
  }));
}

/** Runs `read` and adds the file's name to syntax errors. */
function naming<T>({ file, id }: Pick<ConfigChange, "file" | "id">, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof ConfigTextError)) throw error;
    throw new ImgwireError("agent_config_invalid", `${file}, ${error.message}.`, {
      hint: `Nothing was changed. Fix the file, or paste what \`imgwire install${id ? ` ${id}` : ""} --print\` shows.`,
      cause: error
    });
  }
}

/**
 * Reads the entry in a file; undefined if there is none.
 * @throws ImgwireError as {@link planChange}
 */
export async function readEntry(file: string, place: EntryPlace): Promise<unknown> {
  const { format, servers, name } = place;
  const text = readText(await endOfLinks(file));
  return naming({ file, id: place.id }, () => valueAt(format.parse(text ?? ""), [...servers, name]));
}

/**
 * Makes a change. The file is replaced atomically and keeps its mode. Its original content is recorded, so
 * that removing the entry restores the same bytes. If another program writes the file in the meantime, it is
 * read and edited again.
 * @param stateDir where the record and the backup are stored
 * @throws ImgwireError as {@link planChange}; also `agent_config_read_only` and `agent_config_busy`
 */
export async function applyChange(change: ConfigChange, stateDir: string): Promise<ConfigResult> {
  const place = restorePlace(stateDir, await targetOf(change));
  return withLock(place.lock, async () => {
    for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt += 1) {
      const plan = await planChange(change, stateDir);
      if (plan.change === "unchanged") return plan;
      const done = await translatingErrors(plan.file, () => commit(plan, change, place, stateDir));
      if (done) return done;
    }
    throw new ImgwireError("agent_config_busy", `${change.file} is being written by another program.`, {
      hint: "Close the agent, then run the command again."
    });
  });
}

/** @returns undefined, without touching the file, if it has changed since the plan was made */
async function commit(
  plan: ConfigResult,
  change: ConfigChange,
  place: RestorePlace,
  stateDir: string
): Promise<ConfigResult | undefined> {
  await checkWritable(plan.file);
  if (change.entry) await createFolder(dirname(plan.file), stateDir);
  const backup = change.entry && (await keepRecord(plan, place));
  if (readText(plan.file) !== plan.before) return undefined;
  if (plan.after === undefined) await unlink(plan.file);
  else await writeFileAtomic(plan.file, plan.after, { mode: change.mode });
  if (!change.entry) await forget(place);
  if (plan.after === undefined) await removeCreatedFolders(dirname(plan.file), stateDir);
  return backup ? { ...plan, backup } : plan;
}

/**
 * Records the file before it is changed. If nobody has changed it since an earlier install, that install's
 * original remains the one to restore. If it has been changed but contains our entry, the earlier record is
 * kept too, because nobody knows what the file would be without the entry.
 * @returns the path of the backup; undefined if there was no file to back up
 */
async function keepRecord(plan: ConfigResult, place: RestorePlace): Promise<string | undefined> {
  const earlier = recall(place);
  const current = plan.before !== undefined && earlier?.after === sha256(plan.before);
  const after = sha256(plan.after ?? "");
  const fresh = !earlier || (plan.change === "added" && !current);
  const record = fresh ? { before: plan.before, after } : { ...earlier, ...(current && { after }) };
  await remember(place, plan.file, record);
  return record.before === undefined ? undefined : place.backup;
}

function readText(file: string): string | undefined {
  try {
    return readTextFile(file, { keepByteOrderMark: true });
  } catch (error) {
    throw unreadable(file, error);
  }
}

/** A file can be replaced with write access to its folder alone, but a user's read-only flag is respected. */
async function checkWritable(file: string): Promise<void> {
  const existing = await stat(file).catch((error: unknown) => {
    if (isMissing(error)) return undefined;
    throw error;
  });
  if (!existing) return;
  if ((existing.mode & 0o222) === 0) throw readOnly(file);
  await access(file, constants.W_OK);
}

async function translatingErrors<T>(file: string, action: () => Promise<T>): Promise<T> {
  try {
    return await action();
  } catch (error) {
    const cause = error instanceof ImgwireError ? error.cause : error;
    if (["EACCES", "EPERM", "EROFS"].includes(codeOf(cause))) throw readOnly(file, error);
    throw error instanceof ImgwireError ? error : unwritable(file, error);
  }
}

function readOnly(file: string, cause?: unknown): ImgwireError {
  return new ImgwireError("agent_config_read_only", `${file} can't be written: it is read-only.`, {
    hint: "Nothing was changed. Make it writable, or add the entry yourself: `imgwire install --print` shows it.",
    cause
  });
}
