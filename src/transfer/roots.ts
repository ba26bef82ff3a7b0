import { realpath } from "node:fs/promises";
import { parse, relative, sep } from "node:path";
import { ImgwireError } from "../errors.ts";
import { isInside } from "../system/inside.ts";
import { candidatePaths, type PathContext } from "./paths.ts";

/** What decides which local files may be read for an upload, and where downloads may be written. */
export interface PathPolicy extends PathContext {
  /** Replaces the default roots; undefined means the client's roots, the working directory, home and temp. */
  uploadRoots: readonly string[] | undefined;
  /** The temporary folders. */
  temp: readonly string[];
}

/** Why a path is not allowed: below no root, or in a dot-folder below one. */
export type Verdict = "allowed" | "outside" | "hidden";

/**
 * The folders that files may be taken from, with symbolic links resolved; those that do not exist are left out.
 *
 * A default that is a whole file system (agents start programs in `/`, containers have it as home) is left out
 * as well: only a user who names it with `--upload-root` opens everything.
 */
export async function resolveRoots(policy: PathPolicy): Promise<readonly string[]> {
  const defaults = [...policy.clientRoots, policy.cwd, policy.home, ...policy.temp];
  const chosen = policy.uploadRoots?.flatMap((folder) => fromCwd(folder, policy)) ?? defaults;
  const resolved = await Promise.all(chosen.map((folder) => realpath(folder).catch(() => undefined)));
  const roots = resolved.filter((folder) => folder !== undefined);
  const usable = policy.uploadRoots ? roots : roots.filter((folder) => parse(folder).root !== folder);
  return [...new Set(usable)];
}

/** A configured root may be written as any path may; agents' configurations do not expand `~` themselves. */
function fromCwd(folder: string, policy: PathPolicy): readonly string[] {
  return candidatePaths(folder, { ...policy, clientRoots: [] });
}

/**
 * Judges a path whose symbolic links have been resolved. Dot-folders below a root are never entered, for that is
 * where keys and tokens live; a root that lies in one itself was named by somebody and is a root like another.
 */
export function verdictOn(realPath: string, roots: readonly string[]): Verdict {
  const below = roots.filter((root) => isInside(realPath, root)).map((root) => relative(root, realPath));
  if (below.some((path) => !crossesDotFolder(path))) return "allowed";
  return below.length > 0 ? "hidden" : "outside";
}

function crossesDotFolder(path: string): boolean {
  return path
    .split(sep)
    .slice(0, -1)
    .some((folder) => folder.startsWith("."));
}

/** What was to be done with a path that is refused, and what else could be done. */
const PURPOSES = {
  read: { never: "read", done: "sent", instead: "copy the file into a root" },
  write: { never: "written to", done: "written", instead: "name a folder below a root" }
};

/** The error for a path that the roots do not allow; it names them and how to allow more. */
export function refusal(
  realPath: string,
  verdict: Exclude<Verdict, "allowed">,
  roots: readonly string[],
  purpose: keyof typeof PURPOSES = "read"
): ImgwireError {
  const { never, done, instead } = PURPOSES[purpose];
  const why =
    verdict === "hidden"
      ? `lies in a folder whose name starts with a dot, and those are never ${never}`
      : `lies outside the upload roots (${roots.join(", ") || "there are none"})`;
  return new ImgwireError("outside_roots", `${realPath} ${why}. Nothing was ${done}.`, {
    hint: `To allow its folder, start the program with --upload-root <folder> or set IMGWIRE_UPLOAD_ROOTS; or ${instead}.`
  });
}
