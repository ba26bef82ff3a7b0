import { mkdir, rename } from "node:fs/promises";
import { dirname } from "node:path";
import write from "write-file-atomic";

/**
 * Replaces a file in one step, so that a reader, or a crash, sees the old bytes or the new ones and nothing
 * between. Missing folders are made with mode 0700.
 * @param mode permission bits of the file; default 0600
 */
export async function writeFileAtomic(path: string, data: string, mode = 0o600): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  await write(path, data, { mode });
}

/**
 * Moves a file that cannot be understood out of the way, keeping its bytes for the user.
 * @returns where it is now
 */
export async function setAside(path: string): Promise<string> {
  const aside = `${path}.unreadable-${Date.now()}`;
  await rename(path, aside);
  return aside;
}
