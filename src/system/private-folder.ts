import { chmodSync, type Stats, statSync } from "node:fs";
import { codeOf, ImgwireError } from "../errors.ts";
import { isOwn } from "./read.ts";

const GROUP_WRITE = 0o020;
const OTHERS_WRITE = 0o002;
/** Set on folders that all users share, such as /tmp. */
const STICKY = 0o1000;

/**
 * Whether only this user and the system may change a file, or create files in a folder. The user's own group
 * may, too, since on many systems it has no other members. Always true on Windows, which has no such modes.
 */
export function isOnlyOurs(stats: Stats): boolean {
  if (process.getuid === undefined) return true;
  const ownGroup = stats.gid === process.getgid?.();
  return isOwn(stats) && !(stats.mode & OTHERS_WRITE) && (ownGroup || !(stats.mode & GROUP_WRITE));
}

/**
 * Makes sure that no other user may write into one of the program's folders, if need be by changing its mode.
 * A missing folder is fine: it's created with the right mode when it's needed.
 * @throws ImgwireError `folder_unsafe` if the folder belongs to another user, or its mode can't be changed
 */
export function closeToOthers(folder: string): void {
  const stats = statsOf(folder);
  if (!stats?.isDirectory() || isOnlyOurs(stats) || removeOthers(folder, stats)) return;
  const why = isOwn(stats) ? "other users may write to it" : "it belongs to another user";
  throw new ImgwireError("folder_unsafe", `${folder} can't be used safely: ${why}.`, {
    hint: "Make yourself its only owner and writer (chown, chmod), or use another folder: export IMGWIRE_CONFIG_DIR=<folder>"
  });
}

/** Ignores errors: they will be reported when the folder is used. */
function statsOf(folder: string): Stats | undefined {
  try {
    return statSync(folder);
  } catch {
    return undefined;
  }
}

/** Takes away the permission of other users to write. @returns whether that was possible */
function removeOthers(folder: string, stats: Stats): boolean {
  if (!isOwn(stats) || stats.mode & STICKY) return false;
  try {
    chmodSync(folder, stats.mode & 0o7777 & ~(GROUP_WRITE | OTHERS_WRITE));
    return true;
  } catch (error) {
    // If it was deleted meanwhile, it will be created again.
    return codeOf(error) === "ENOENT";
  }
}
