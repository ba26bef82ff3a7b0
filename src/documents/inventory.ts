import { existsSync } from "node:fs";
import { join } from "node:path";
import { splitDelivery } from "./delivery.ts";
import { readDocument } from "./document.ts";
import { locate } from "./location.ts";
import type { SurveyContext } from "./survey.ts";

/** The current state of a published image. */
export interface InventoryItem {
  path: string;
  imageId: string;
  cdnUrl: string;
  /** `unused` means that none of the documents names it. */
  state: "published" | "changed" | "missing" | "unused";
}

/** Compares the lock file with the image files and the documents. */
export async function takeInventory(
  documents: readonly string[],
  context: SurveyContext
): Promise<readonly InventoryItem[]> {
  const used = usedFiles(documents, context);
  const items: InventoryItem[] = [];
  for (const [path, { imageId, cdnUrl, sha256 }] of context.lock.images()) {
    items.push({ path, imageId, cdnUrl, state: await stateOf(path, sha256, used, context) });
  }
  return items;
}

/**
 * Removes unused images from the lock file. An image is unused if none of these documents names it, and no
 * other document that still exists is recorded as referring to it.
 * @returns the removed paths
 */
export async function prune(
  documents: readonly string[],
  context: SurveyContext
): Promise<readonly string[]> {
  const { lock, folders } = context;
  const used = usedFiles(documents, context);
  const read = new Set(documents);
  const forgotten: string[] = [];
  for (const [path, { originals }] of [...lock.images()]) {
    const others = [...originals.keys()].map((name) => join(folders.project, ...name.split("/")));
    if (used.has(path) || others.some((other) => !read.has(other) && existsSync(other))) continue;
    lock.forget(path);
    forgotten.push(path);
  }
  await lock.save();
  return forgotten;
}

async function stateOf(
  path: string,
  sha256: string,
  used: ReadonlySet<string>,
  context: SurveyContext
): Promise<InventoryItem["state"]> {
  if (!existsSync(path)) return "missing";
  if (!used.has(path)) return "unused";
  const now = await context.inspect(path).catch(() => undefined);
  return now?.sha256 === sha256 ? "published" : "changed";
}

/** Returns all files that the documents name, by path or by delivery URL. */
function usedFiles(
  documents: readonly string[],
  { lock, folders, frontMatter }: Pick<SurveyContext, "lock" | "folders" | "frontMatter">
): ReadonlySet<string> {
  const used = new Set<string>();
  for (const path of documents) {
    const document = readDocument(path, frontMatter);
    for (const { url } of document.references) {
      const local = locate(url, { document: path, ...folders, base: document.base });
      const split = splitDelivery(url, (start) => lock.filesOf(start).length > 0);
      for (const file of split ? lock.filesOf(split.base) : (local?.paths ?? [])) used.add(file);
    }
  }
  return used;
}
