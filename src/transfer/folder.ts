import { mkdir, realpath, stat } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import { codeOf, ImgwireError } from "../errors.ts";
import { unwritable } from "../system/write-error.ts";
import { candidatePaths } from "./paths.ts";
import { verdictOn, type PathPolicy, outsideRootsError, resolveRoots } from "./roots.ts";

/**
 * Finds the folder to download to from the path as typed, and creates it if necessary. The upload roots apply
 * here too.
 * @returns its path with symbolic links resolved
 * @throws ImgwireError `path_refused`, `outside_roots`, `not_a_folder`, `file_unwritable`
 */
export async function prepareFolder(typed: string, policy: PathPolicy): Promise<string> {
  const [first = ""] = candidatePaths(typed, policy);
  const existing = await nearestExisting(first);
  const path = join(await realpath(existing), relative(existing, first));
  const roots = await resolveRoots(policy);
  const verdict = verdictOn(join(path, "file"), roots);
  if (verdict !== "allowed") throw outsideRootsError(path, verdict, roots, "write");
  await mkdir(path, { recursive: true }).catch(notAFolder(path));
  if (!(await stat(path)).isDirectory() || (await realpath(path)) !== path)
    notAFolder(path)("it was replaced");
  return path;
}

async function nearestExisting(path: string): Promise<string> {
  const exists = await stat(path).then(
    () => true,
    () => false
  );
  return exists || dirname(path) === path ? path : nearestExisting(dirname(path));
}

/** Errors that have nothing to do with the path. */
const DISK = ["ENOSPC", "EDQUOT", "EROFS"];

function notAFolder(path: string) {
  return (cause: unknown): never => {
    if (DISK.includes(codeOf(cause))) throw unwritable(path, cause);
    throw new ImgwireError("not_a_folder", `${path} cannot be used as a folder to write to.`, {
      hint: "Choose a folder that exists or can be created.",
      cause
    });
  };
}
