import { join } from "node:path";
import { fileKey } from "../system/file-key.ts";

/** The folder for records of what `install` has changed, within the state folder. */
export function installedFolder(stateDir: string): string {
  return join(stateDir, "installed");
}

/**
 * Returns where the record of a file or folder is stored.
 * @param path absolute; distinguishes records that have the same name
 * @param name tells people what the record is about
 */
export function recordPath(stateDir: string, path: string, name: string): string {
  return join(installedFolder(stateDir), `${fileKey(path, 12)}-${name}`);
}
