import { realpath } from "node:fs/promises";
import { parse, relative, sep } from "node:path";
import { ImgwireError } from "../errors.ts";
import { isInside } from "../system/path.ts";
import { candidatePaths, type PathContext } from "./paths.ts";

/** Which local files may be uploaded, and where downloads may be saved. */
export interface PathPolicy extends PathContext {
  /**
   * Replaces the default roots. If undefined, these are the client's roots, the working directory, and the
   * home and temp folders.
   */
  uploadRoots: readonly string[] | undefined;
  /** Returns the folders that the user has permanently allowed in addition to the roots. */
  alwaysRoots?: () => readonly string[];
  /** The temporary folders. */
  temp: readonly string[];
  /** The result of {@link resolveRoots}, cached when many files are processed. */
  resolvedRoots?: readonly string[];
}

/** Whether a path is allowed or, if not, whether it is outside all roots or in a hidden folder below one. */
export type PathVerdict = "allowed" | "outside" | "hidden";

/**
 * Returns the folders that files may be read from, with symbolic links resolved and missing ones omitted.
 *
 * A default root that is a whole file system is omitted too (agents start programs in `/`, and in containers
 * that may be the home folder): the user has to name it with `--upload-root` to open everything.
 */
export async function resolveRoots(policy: PathPolicy): Promise<readonly string[]> {
  const defaults = [...policy.clientRoots, policy.cwd, policy.home, ...policy.temp];
  const chosen = policy.uploadRoots?.flatMap((folder) => fromCwd(folder, policy)) ?? defaults;
  const roots = await resolveAll(chosen);
  const usable = policy.uploadRoots ? roots : roots.filter((folder) => parse(folder).root !== folder);
  return [...new Set([...usable, ...(await resolveAll(policy.alwaysRoots?.() ?? []))])];
}

async function resolveAll(folders: readonly string[]): Promise<string[]> {
  const resolved = await Promise.all(folders.map((folder) => realpath(folder).catch(() => undefined)));
  return resolved.filter((folder) => folder !== undefined);
}

/**
 * A configured root may have any form that a path can have, because agents don't expand `~` in their
 * configuration.
 */
function fromCwd(folder: string, policy: PathPolicy): readonly string[] {
  return candidatePaths(folder, { ...policy, clientRoots: [] });
}

/**
 * Checks a path whose symbolic links have been resolved. Hidden folders below a root are never entered,
 * because keys and tokens are stored there. A root that is itself hidden was named explicitly and is treated
 * like any other.
 */
export function verdictOn(realPath: string, roots: readonly string[]): PathVerdict {
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

/** Creates the error for a path outside the roots; it names the roots and says how to add another. */
export function outsideRootsError(
  realPath: string,
  verdict: Exclude<PathVerdict, "allowed">,
  roots: readonly string[],
  purpose: "read" | "write" = "read"
): ImgwireError {
  const reading = purpose === "read";
  const usage = reading ? "uploads may come from" : "downloads may go to";
  const why =
    verdict === "hidden"
      ? `is in a hidden folder, which is not ${reading ? "read" : "written to"} by default`
      : `is outside the folders ${usage} (${roots.join(", ") || "there are none"})`;
  return new ImgwireError(
    "outside_roots",
    `${realPath} ${why}. Nothing was ${reading ? "sent" : "written"}.`,
    {
      hint: "To allow its folder, pass --upload-root <folder> or set IMGWIRE_UPLOAD_ROOTS.",
      agentHint: reading
        ? "Ask the user to allow its folder with --upload-root or IMGWIRE_UPLOAD_ROOTS, or to copy the file into the project."
        : "Use a folder of the project, or ask the user to allow this one with --upload-root or IMGWIRE_UPLOAD_ROOTS."
    }
  );
}
