import { mkdirSync, rmdirSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { codeOf } from "../errors.ts";
import { withLock } from "../system/lock.ts";
import { readJsonIfUsable } from "../system/read.ts";
import { writeFileAtomic } from "../system/write.ts";
import { installedFolder } from "./record-path.ts";

/**
 * Creates a folder and its parents, and records the new ones. Several agents may use the same folder, which
 * is removed with the last of them.
 * @param folder absolute
 */
export async function createFolder(folder: string, stateDir: string): Promise<void> {
  const topmost = mkdirSync(folder, { recursive: true, mode: 0o700 });
  if (topmost === undefined) return;
  const made = [folder];
  for (let each = folder; each !== topmost; each = dirname(each)) made.push(dirname(each));
  await change(stateDir, (known) => [...new Set([...known, ...made])]);
}

/** Removes a folder and its parents if this program created them and they are empty. */
export async function removeCreatedFolders(folder: string, stateDir: string): Promise<void> {
  await change(stateDir, (known) => {
    let left = known;
    for (let each = folder; left.includes(each) && removedEmpty(each); each = dirname(each))
      left = left.filter((path) => path !== each);
    return left;
  });
}

async function change(
  stateDir: string,
  edit: (known: readonly string[]) => readonly string[]
): Promise<void> {
  const path = join(installedFolder(stateDir), "folders.json");
  await withLock(`${path}.lock`, async () => {
    const before = recall(path);
    const after = edit(before);
    if (after.length === 0) rmSync(path, { force: true });
    else if (after.length !== before.length) await writeFileAtomic(path, `${JSON.stringify(after)}\n`);
  });
}

function recall(path: string): readonly string[] {
  const stored = readJsonIfUsable(path);
  // Without a record, the empty folder stays.
  return Array.isArray(stored) ? stored.filter((each) => typeof each === "string") : [];
}

function removedEmpty(folder: string): boolean {
  try {
    rmdirSync(folder);
    return true;
  } catch (error) {
    return codeOf(error) === "ENOENT";
  }
}
