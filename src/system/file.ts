import { readFileSync } from "node:fs";
import { mkdir, rename } from "node:fs/promises";
import { dirname } from "node:path";

/**
 * Reads a small JSON file.
 * @returns the parsed value, or undefined when the file does not exist
 * @throws SyntaxError when it is not JSON; the file system's error when it cannot be read
 */
export function readJsonFile(path: string): unknown {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    if (["ENOENT", "ENOTDIR"].includes((error as NodeJS.ErrnoException).code ?? "")) return undefined;
    throw error;
  }
  return JSON.parse(text.replace(/^\uFEFF/, ""));
}

/**
 * Replaces a file in one step, so that a reader, or a crash, sees the old bytes or the new ones and nothing
 * between. Missing folders are made with mode 0700.
 * @param mode permission bits of the file; default 0600
 */
export async function writeFileAtomic(path: string, data: string, mode = 0o600): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const { default: write } = await import("write-file-atomic");
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
