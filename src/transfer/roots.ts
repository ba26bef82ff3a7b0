import { realpath } from "node:fs/promises";
import { parse, relative, sep } from "node:path";
import { ImgwireError } from "../errors.ts";
import { isInside } from "../system/inside.ts";
import { candidatePaths, type PathContext } from "./paths.ts";

/** Which local files may be read for an upload, and where downloads may be written. */
export interface PathPolicy extends PathContext {
  /** Replaces the default roots; undefined means the client's roots, the working directory, home and temp. */
  uploadRoots: readonly string[] | undefined;
  /** Folders that the user has always allowed, beside the roots, as known now. */
  alwaysRoots?: () => readonly string[];
  /** The temporary folders. */
  temp: readonly string[];
  /** What {@link resolveRoots} made of all that, for work on many files. */
  resolvedRoots?: readonly string[];
}

/** Why a path is not allowed: below no root, or in a hidden folder below one. */
export type Verdict = "allowed" | "outside" | "hidden";

/**
 * The folders that files may be taken from, with symbolic links resolved; missing ones are left out.
 *
 * A default that is a whole file system is left out, too (agents start programs in `/`, containers have it as
 * home): only a user who names it with `--upload-root` opens everything.
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
 * A configured root takes every form a path may have: agents' configurations do not expand `~` themselves.
 */
function fromCwd(folder: string, policy: PathPolicy): readonly string[] {
  return candidatePaths(folder, { ...policy, clientRoots: [] });
}

/**
 * Checks a path whose symbolic links have been resolved. Hidden folders below a root are never entered, since
 * keys and tokens live there; a root inside one was named by somebody and is a root like any other.
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

/** The error for a path that the roots do not allow; it names them and how to allow more. */
export function refusal(
  realPath: string,
  verdict: Exclude<Verdict, "allowed">,
  roots: readonly string[],
  purpose: "read" | "write" = "read"
): ImgwireError {
  const reading = purpose === "read";
  const roomy = reading ? "uploads may come from" : "downloads may go to";
  const why =
    verdict === "hidden"
      ? `is in a hidden folder, which is not ${reading ? "read" : "written to"} by default`
      : `is outside the folders ${roomy} (${roots.join(", ") || "there are none"})`;
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
