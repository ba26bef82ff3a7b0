import { readdir, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { UsageError } from "../errors.ts";
import { EXTENSIONS, formatOf } from "./find.ts";
import { isInside } from "../system/inside.ts";

/** Documents, absolute, each once, and the deepest folder that holds all that was named. */
export interface Collection {
  documents: readonly string[];
  folder: string;
}

/**
 * Finds the documents that some paths stand for: a file stands for itself, a folder for the documents below it, without
 * `node_modules` and folders whose names start with a dot.
 * @param paths absolute, at least one
 * @throws UsageError for a path that cannot be read or is no document, and when there are none at all
 */
export async function collectDocuments(paths: readonly string[]): Promise<Collection> {
  const documents = new Set<string>();
  const folders: string[] = [];
  for (const path of paths) {
    const stats = await stat(path).catch((error: unknown) => {
      throw new UsageError(`${path} cannot be read: ${(error as Error).message}.`, { cause: error });
    });
    if (!stats.isDirectory() && !formatOf(path)) throw noDocument(`${path} is not a document.`);
    folders.push(stats.isDirectory() ? path : dirname(path));
    for await (const file of stats.isDirectory() ? documentsBelow(path) : [path]) documents.add(file);
  }
  if (documents.size > 0) return { documents: [...documents], folder: folders.reduce(commonFolder) };
  throw noDocument("There are no documents in what was named.");
}

function noDocument(message: string): UsageError {
  return new UsageError(message, { hint: `Documents end in ${EXTENSIONS.join(", ")}.` });
}

function commonFolder(one: string, other: string): string {
  let folder = one;
  while (!isInside(other, folder)) folder = dirname(folder);
  return folder;
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
