import { chmodSync, type Stats, statSync } from "node:fs";
import { codeOf, ImgwireError } from "../errors.ts";
import { isOwn } from "./read.ts";

const GROUP_WRITE = 0o020;
const OTHERS_WRITE = 0o002;
/** Set on folders that are everybody's, such as /tmp. */
const STICKY = 0o1000;

/**
 * Whether nobody but this user, and the system's own, may change a file or put one into a folder. On many
 * systems each user has a group of their own, to which their files may be open. Windows has no such modes.
 */
export function isOnlyOurs(stats: Stats): boolean {
  if (process.getuid === undefined) return true;
  const ownGroup = stats.gid === process.getgid?.();
  return isOwn(stats) && !(stats.mode & OTHERS_WRITE) && (ownGroup || !(stats.mode & GROUP_WRITE));
}

/**
 * Makes sure that nobody else may write into a folder of this program's: it's closed to others if it is this
 * user's. One that doesn't exist is made so when it's needed.
 * @throws ImgwireError `folder_unsafe` for another user's, and for one that stays open
 */
export function closeToOthers(folder: string): void {
  const stats = statsOf(folder);
  if (!stats?.isDirectory() || isOnlyOurs(stats) || isClosed(folder, stats)) return;
  const why = isOwn(stats) ? "other users may write into it" : "it belongs to another user";
  throw new ImgwireError("folder_unsafe", `${folder} isn't used: ${why}.`, {
    hint: "Make it yours alone (chown, chmod), or use another folder: export IMGWIRE_CONFIG_DIR=<folder>"
  });
}

/** What can't be looked at can't be used either; whoever tries says so. */
function statsOf(folder: string): Stats | undefined {
  try {
    return statSync(folder);
  } catch {
    return undefined;
  }
}

function isClosed(folder: string, stats: Stats): boolean {
  if (!isOwn(stats) || stats.mode & STICKY) return false;
  try {
    chmodSync(folder, stats.mode & 0o7777 & ~(GROUP_WRITE | OTHERS_WRITE));
    return true;
  } catch (error) {
    // It's gone meanwhile: then it's made anew.
    return codeOf(error) === "ENOENT";
  }
}
