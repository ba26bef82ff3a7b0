import { readdir } from "node:fs/promises";
import { join, posix } from "node:path";

/** As many as a response may carry (MCP, server/utilities/completion). */
const MAX_VALUES = 100;
const STYLES = ["photos", "illustrations", "screenshots", "icons", "diagrams"];
const DOCUMENT = /\.(md|mdx|markdown|html?|ipynb)$/i;

/**
 * Completes a prompt's argument.
 * @param folders where relative paths are looked for; nothing outside them is shown
 */
export async function completeArgument(
  argument: string,
  typed: string,
  folders: readonly string[]
): Promise<{ values: string[]; total: number; hasMore: boolean }> {
  const found =
    argument === "path"
      ? (await Promise.all(folders.map((folder) => pathsIn(folder, typed)))).flat()
      : STYLES.filter((style) => argument === "style" && style.startsWith(typed));
  const all = [...new Set(found)];
  return { values: all.slice(0, MAX_VALUES), total: all.length, hasMore: all.length > MAX_VALUES };
}

/** Folders and documents that a relative path may go on with. */
async function pathsIn(folder: string, typed: string): Promise<string[]> {
  const isInside = !posix.isAbsolute(typed) && !typed.split("/").includes("..") && !typed.includes("\\");
  if (!isInside) return [];
  const parent = typed.includes("/") ? typed.slice(0, typed.lastIndexOf("/") + 1) : "";
  const entries = await readdir(join(folder, parent), { withFileTypes: true }).catch(() => []);
  return entries
    .filter((entry) => !entry.name.startsWith(".") && entry.name !== "node_modules")
    .filter((entry) => entry.isDirectory() || (entry.isFile() && DOCUMENT.test(entry.name)))
    .map((entry) => `${parent}${entry.name}${entry.isDirectory() ? "/" : ""}`)
    .filter((path) => path.startsWith(typed))
    .sort();
}
