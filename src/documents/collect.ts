import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { UsageError } from "../errors.ts";
import { formatOf } from "./find.ts";

/**
 * The documents that some paths stand for: a file for itself, a folder for the documents below it, without
 * `node_modules` and folders whose names start with a dot. Each is named once.
 * @param paths absolute
 * @throws UsageError for a path that does not exist
 */
export async function collectDocuments(paths: readonly string[]): Promise<string[]> {
  const found = new Set<string>();
  for (const path of paths) {
    const stats = await stat(path).catch((error: unknown) => {
      throw new UsageError(`${path} cannot be read: ${(error as Error).message}.`, { cause: error });
    });
    for await (const file of stats.isDirectory() ? documentsBelow(path) : [path]) found.add(file);
  }
  return [...found];
}

async function* documentsBelow(folder: string): AsyncGenerator<string> {
  const entries = await readdir(folder, { withFileTypes: true });
  for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const path = join(folder, entry.name);
    if (entry.isFile() && formatOf(entry.name)) yield path;
    const passed = entry.name === "node_modules" || entry.name.startsWith(".");
    if (entry.isDirectory() && !passed) yield* documentsBelow(path);
  }
}
