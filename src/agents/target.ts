import { readlink, realpath } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { codeOf, ImgwireError } from "../errors.ts";
import { isInside } from "../system/inside.ts";

/** A file that is to be written. */
interface Target {
  /** Absolute; may be, or lead through, a symbolic link. */
  file: string;
  /** The project folder that the file must not lead out of. */
  within?: string | undefined;
}

/**
 * Follows symbolic links to the file that is to be written, also where it does not exist yet. A user's own
 * links are theirs; a link that a project brought must not lead out of it.
 */
export async function targetOf({ file, within }: Target): Promise<string> {
  const target = await endOfLinks(file);
  if (within === undefined || isInside(target, await realpath(within))) return target;
  throw new ImgwireError("agent_config_link", `${file} leads out of the project, to ${target}.`, {
    hint: "Nothing was written. Replace the link with a file, or install it for yourself, without `--scope project`."
  });
}

/** Where a path leads, at the end of its symbolic links; it need not exist. */
export async function endOfLinks(path: string): Promise<string> {
  try {
    return await realpath(path);
  } catch (error) {
    if (!isMissing(error)) throw unreadable(path, error);
    const target = await readlink(path).catch(() => undefined);
    if (target !== undefined) return endOfLinks(resolve(dirname(path), target));
    const folder = dirname(path);
    return folder === path ? path : join(await endOfLinks(folder), basename(path));
  }
}

/** The error for a file that can't be read. */
export function unreadable(file: string, cause: unknown): ImgwireError {
  if (cause instanceof ImgwireError) {
    return new ImgwireError("agent_config_unreadable", cause.message, { hint: cause.hint ?? "", cause });
  }
  return new ImgwireError("agent_config_unreadable", `${file} can't be read: ${(cause as Error).message}.`, {
    hint: "Nothing was changed.",
    cause
  });
}

/** Whether the system says that there is no such file. */
export function isMissing(error: unknown): boolean {
  return ["ENOENT", "ENOTDIR"].includes(codeOf(error));
}
