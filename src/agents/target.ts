import { readlink, realpath } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { codeOf, ImgwireError } from "../errors.ts";
import { isInside } from "../system/path.ts";

/** A file to write. */
interface Target {
  /** Absolute; may be a symbolic link or lead through one. */
  file: string;
  /** A project folder that symbolic links must not lead out of. */
  within?: string | undefined;
}

/**
 * Follows symbolic links to the file to write, which need not exist. Links may lead anywhere in a user's own
 * folders, but in a project they must not lead out of it.
 */
export async function targetOf({ file, within }: Target): Promise<string> {
  const target = await endOfLinks(file);
  if (within === undefined || isInside(target, await realpath(within))) return target;
  throw new ImgwireError("agent_config_link", `${file} leads out of the project, to ${target}.`, {
    hint: "Nothing was written. Replace the link with a file, or install it for yourself, without `--scope project`."
  });
}

/** Resolves all symbolic links in a path, which need not exist. */
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
  if (cause instanceof ImgwireError) return cause.with({ code: "agent_config_unreadable" });
  return new ImgwireError("agent_config_unreadable", `${file} can't be read: ${(cause as Error).message}.`, {
    hint: "Nothing was changed.",
    cause
  });
}

/** Whether an error means that the file doesn't exist. */
export function isMissing(error: unknown): boolean {
  return ["ENOENT", "ENOTDIR"].includes(codeOf(error));
}
