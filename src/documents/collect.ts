import { readdir, stat } from "node:fs/promises";
import { dirname, extname, join } from "node:path";
import { codeOf, UsageError } from "../errors.ts";
import { isInside } from "../system/path.ts";
import { EXTENSIONS, formatOf } from "./find.ts";
import type { IgnoreRules } from "./ignored.ts";

/** The documents found (absolute paths, no duplicates) and the unread files next to them. */
export interface Collection {
  documents: readonly string[];
  /** Counts, by extension, of files in formats that this program can't read. */
  unread: ReadonlyMap<string, number>;
}

/** Formats that can reference images but that this program can't parse. */
const UNREAD = new Set([
  ".rst",
  ".adoc",
  ".asciidoc",
  ".org",
  ".textile",
  ".astro",
  ".vue",
  ".svelte",
  ".tex"
]);

/** Returns the deepest folder that contains all the paths. Each path is a folder or a document. */
export async function folderOf(paths: readonly string[]): Promise<string> {
  const folders: string[] = [];
  for (const path of paths) folders.push((await statsOf(path)).isDirectory() ? path : dirname(path));
  return folders.reduce(commonFolder);
}

/**
 * Finds the documents for the given paths. A file must be a document; a folder is searched for documents that
 * the rules don't exclude.
 * @param paths absolute, at least one
 * @throws UsageError if a path can't be read or isn't a document, or if no documents are found
 */
export async function collectDocuments(paths: readonly string[], rules: IgnoreRules): Promise<Collection> {
  const documents = new Set<string>();
  const unread = new Map<string, number>();
  for (const path of paths) {
    const isFolder = (await statsOf(path)).isDirectory();
    if (!isFolder && !formatOf(path)) throw noDocument(`${path} is not a document.`);
    for await (const file of isFolder ? filesBelow(path, path, rules) : [path]) {
      const extension = extname(file).toLowerCase();
      const isTaken = formatOf(file) !== undefined && (!isFolder || rules.takes(file));
      if (isTaken) documents.add(file);
      else if (UNREAD.has(extension)) unread.set(extension, (unread.get(extension) ?? 0) + 1);
    }
  }
  if (documents.size + unread.size > 0) return { documents: [...documents], unread };
  throw noDocument("No documents found.");
}

async function statsOf(path: string) {
  return stat(path).catch((error: unknown) => {
    const missing = codeOf(error) === "ENOENT" || codeOf(error) === "ENOTDIR";
    throw missing
      ? new UsageError(`No such file or folder: ${path}.`, {
          hint: "Check the spelling of the path.",
          cause: error
        })
      : new UsageError(`${path} can't be read: ${(error as Error).message}.`, { cause: error });
  });
}

function noDocument(message: string): UsageError {
  return new UsageError(message, { hint: `Documents end in ${EXTENSIONS.join(", ")}.` });
}

function commonFolder(one: string, other: string): string {
  let folder = one;
  while (!isInside(other, folder)) folder = dirname(folder);
  return folder;
}

async function* filesBelow(folder: string, from: string, rules: IgnoreRules): AsyncGenerator<string> {
  const entries = await readdir(folder, { withFileTypes: true });
  for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const path = join(folder, entry.name);
    if (entry.isFile() && !rules.skipsFile(path, from)) yield path;
    if (entry.isDirectory() && !rules.skipsFolder(path, from)) yield* filesBelow(path, from, rules);
  }
}
