import { realpath, stat } from "node:fs/promises";
import { basename, dirname, extname, join } from "node:path";
import { glob, isDynamicPattern } from "tinyglobby";
import { ImgwireError, UsageError } from "../errors.ts";
import { SUPPORTED_TYPES } from "./inspect.ts";
import { candidatePaths } from "./paths.ts";
import { verdictOn, type PathPolicy, refusal, resolveRoots } from "./roots.ts";

/** One file to upload, or why what was written for it leads to none. */
export type Gathered = { path: string } | { path: string; error: ImgwireError };

/** How folders and patterns are read. */
export interface GatherOptions {
  /** Whether folders are entered at all depths; without it a folder is an error. */
  recursive: boolean;
  signal: AbortSignal;
}

/** More than this is a mistake in the pattern, not a wish. */
const MAX_FILES = 10_000;

/**
 * Turns paths, folders and glob patterns into files, each once, in the order written. In folders and patterns only
 * files that are named as images count, dot-folders and `node_modules` are not entered and symbolic links are
 * not followed; a file that is named by its path is taken as it is.
 *
 * A thing that is written wrongly becomes an entry with its error, so that the rest can go on.
 */
export async function gatherFiles(
  typed: readonly string[],
  policy: PathPolicy,
  options: GatherOptions
): Promise<readonly Gathered[]> {
  const all: Gathered[] = [];
  for (const each of typed) {
    try {
      const files = await filesOf(each, policy, options);
      all.push(...files.map((path) => ({ path })));
    } catch (error) {
      if (!(error instanceof ImgwireError)) throw error;
      all.push({ path: each, error });
    }
    if (all.length > MAX_FILES) {
      throw new UsageError(`These are more than ${MAX_FILES} files.`, { hint: "Name fewer at a time." });
    }
  }
  return [...new Map(all.map((each) => [each.path, each])).values()];
}

async function filesOf(
  typed: string,
  policy: PathPolicy,
  { recursive, signal }: GatherOptions
): Promise<readonly string[]> {
  const candidates = candidatePaths(typed, policy);
  const found = await firstExisting(candidates);
  if (found?.folder && !recursive) {
    throw new UsageError(`${found.path} is a folder.`, {
      hint: "Enter it with `recursive` (`--recursive` on the command line), or use a glob pattern."
    });
  }
  if (found?.folder) return await imagesIn(found.path, policy, signal);
  if (found || !isDynamicPattern(typed)) return [found?.path ?? typed];
  return await firstMatching(typed, candidates, policy, signal);
}

async function imagesIn(folder: string, policy: PathPolicy, signal: AbortSignal): Promise<readonly string[]> {
  const files = await scan({ folder, pattern: "**" }, policy, signal);
  if (files.length > 0) return files;
  throw new ImgwireError("no_match", `There is no image file in ${folder}.`, {
    hint: "Files count by their extension here; a file that is named by its own path is taken as it is."
  });
}

/** The files under the first base that has any; bases outside the roots are an error only where no other exists. */
async function firstMatching(
  typed: string,
  candidates: readonly string[],
  policy: PathPolicy,
  signal: AbortSignal
): Promise<readonly string[]> {
  let refused: ImgwireError | undefined;
  let looked = false;
  for (const candidate of candidates) {
    const base = splitPattern(candidate);
    if (!(await isThere(base.folder))) continue;
    try {
      const files = await scan(base, policy, signal);
      if (files.length > 0) return files;
      looked = true;
    } catch (error) {
      if (!(error instanceof ImgwireError)) throw error;
      refused ??= error;
    }
  }
  if (refused && !looked) throw refused;
  throw new ImgwireError("no_match", `No image file matches ${JSON.stringify(typed)}.`, {
    hint: `Patterns are looked up from ${candidates.join(" and ")}.`
  });
}

async function firstExisting(
  candidates: readonly string[]
): Promise<{ path: string; folder: boolean } | undefined> {
  for (const path of candidates) {
    const stats = await stat(path).catch(() => undefined);
    if (stats) return { path, folder: stats.isDirectory() };
  }
  return undefined;
}

function isThere(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false
  );
}

/** A pattern's leading folders that hold no magic, and the rest. */
function splitPattern(path: string): { folder: string; pattern: string } {
  let folder = path;
  while (isDynamicPattern(folder) && dirname(folder) !== folder) folder = dirname(folder);
  return {
    folder,
    pattern: path
      .slice(folder.length)
      .replace(/^[\\/]+/, "")
      .replaceAll("\\", "/")
  };
}

async function scan(
  { folder, pattern }: { folder: string; pattern: string },
  policy: PathPolicy,
  signal: AbortSignal
): Promise<readonly string[]> {
  const real = await realpath(folder);
  const roots = await resolveRoots(policy);
  const verdict = verdictOn(join(real, "file"), roots);
  if (verdict !== "allowed") throw refusal(real, verdict, roots);
  const files = await glob(pattern, {
    cwd: real,
    absolute: true,
    expandDirectories: false,
    followSymbolicLinks: false,
    ignore: pattern.includes("node_modules") ? [] : ["**/node_modules/**"],
    signal
  });
  return files.filter(isNamedAsImage).sort();
}

const EXTENSIONS = new Set(Object.values(SUPPORTED_TYPES).flat());

function isNamedAsImage(path: string): boolean {
  return EXTENSIONS.has(extname(basename(path)).slice(1).toLowerCase());
}
