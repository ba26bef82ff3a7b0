import { realpath, stat } from "node:fs/promises";
import { basename, extname, join, posix, win32 } from "node:path";
import { glob, isDynamicPattern } from "tinyglobby";
import { ImgwireError, UsageError } from "../errors.ts";
import { SUPPORTED_TYPES } from "./inspect.ts";
import { candidatePaths } from "./paths.ts";
import { verdictOn, type PathPolicy, outsideRootsError, resolveRoots } from "./roots.ts";

/** A file to upload, or the reason why a path or pattern matches none. */
export type Gathered = { path: string } | { path: string; error: ImgwireError };

/** How to expand folders and patterns. */
export interface GatherOptions {
  /** Whether to descend into folders; otherwise a folder is an error. */
  recursive: boolean;
  signal: AbortSignal;
}

const MAX_FILES = 10_000;

/**
 * Expands paths, folders and glob patterns into files without duplicates, in the given order. In folders and
 * patterns only files with an image extension count, and hidden folders, `node_modules` and symbolic links
 * are skipped. A file given by its path is included whatever its name.
 *
 * Anything that matches no file becomes an entry with an error, so that the rest can be uploaded.
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
      for (const path of files) all.push({ path });
    } catch (error) {
      if (!(error instanceof ImgwireError)) throw error;
      all.push({ path: each, error });
    }
    if (all.length > MAX_FILES) {
      throw new UsageError(`More than ${MAX_FILES} files match.`, { hint: "Upload fewer at a time." });
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
      hint: "Add -r to upload everything in it.",
      agentHint: "Set `recursive` to true to upload everything in it."
    });
  }
  if (found?.folder) return await imagesIn(found.path, policy, signal);
  if (found || !isPattern(typed, policy.platform)) return [found?.path ?? typed];
  return await firstMatching(typed, candidates, policy, signal);
}

async function imagesIn(folder: string, policy: PathPolicy, signal: AbortSignal): Promise<readonly string[]> {
  const files = await scan({ folder, pattern: "**" }, policy, signal);
  if (files.length > 0) return files;
  throw new ImgwireError("no_match", `There are no image files in ${folder}.`, {
    hint: "In a folder, only files with an image extension count. To upload a file with another name, give its path."
  });
}

/**
 * Returns the files below the first base that has any. A base outside the roots is an error only if no other
 * one exists.
 */
async function firstMatching(
  typed: string,
  candidates: readonly string[],
  policy: PathPolicy,
  signal: AbortSignal
): Promise<readonly string[]> {
  let refused: ImgwireError | undefined;
  let looked = false;
  const folders: string[] = [];
  for (const candidate of candidates) {
    const base = await splitPattern(candidate, policy.platform);
    folders.push(base.folder);
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
  const places = [...new Set(folders)].join(" and ");
  throw new ImgwireError("no_match", `No image matches ${JSON.stringify(typed)} (looked in ${places}).`);
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

/** Whether the input is a glob pattern. On Windows a backslash separates folders instead of escaping. */
export function isPattern(typed: string, platform: NodeJS.Platform): boolean {
  return isDynamicPattern(platform === "win32" ? typed.replaceAll("\\", "/") : typed);
}

/**
 * Splits a pattern into its deepest existing folder, whatever characters are in that folder's name, and the
 * rest, separated by `/`.
 */
export async function splitPattern(
  pattern: string,
  platform: NodeJS.Platform,
  isFolder = isThere
): Promise<{ folder: string; pattern: string }> {
  const path = platform === "win32" ? win32 : posix;
  let folder = path.dirname(pattern);
  while (!(await isFolder(folder)) && path.dirname(folder) !== folder) folder = path.dirname(folder);
  const rest = pattern.slice(folder.length).replace(/^[\\/]+/, "");
  return { folder, pattern: platform === "win32" ? rest.replaceAll("\\", "/") : rest };
}

function isThere(path: string): Promise<boolean> {
  return stat(path).then(
    (stats) => stats.isDirectory(),
    () => false
  );
}

async function scan(
  { folder, pattern }: { folder: string; pattern: string },
  policy: PathPolicy,
  signal: AbortSignal
): Promise<readonly string[]> {
  const real = await realpath(folder);
  const roots = await resolveRoots(policy);
  const verdict = verdictOn(join(real, "file"), roots);
  if (verdict !== "allowed") throw outsideRootsError(real, verdict, roots);
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
