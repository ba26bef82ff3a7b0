import { statSync } from "node:fs";
import { dirname } from "node:path";
import { codeOf, ImgwireError, messageOf } from "../errors.ts";

const KEPT = "What was there before is unchanged.";

/** What the system's write errors mean, and what helps. */
const REASONS: Readonly<Record<string, readonly [why: string, hint: string]>> = {
  ENOSPC: ["there is no space left on the disk", "Free some space, then try again."],
  EDQUOT: ["your disk quota is used up", "Free some space, then try again."],
  EFBIG: ["the file would be larger than the system allows", "Raise the limit (ulimit -f), then try again."],
  EROFS: ["the file system is read-only", "Choose another place, or mount it for writing."],
  EACCES: ["permission denied", "Check who owns the file and its folder, and their permissions."],
  EPERM: ["permission denied", "Check who owns the file and its folder, and their permissions."],
  EBUSY: ["another program has it open", "Close that program, then try again."],
  EMFILE: ["too many files are open", "Close some programs, or raise the limit (ulimit -n), then try again."],
  ENFILE: ["too many files are open on this machine", "Close some programs, then try again."],
  EISDIR: ["it is a folder", "Move the folder away, then try again."],
  EFTYPE: ["it isn't a regular file", "Put a regular file there, or remove the link that leads there."],
  ELOOP: ["its symbolic links form a loop", "Remove the link, then try again."],
  ENAMETOOLONG: ["its name is too long", "Choose a shorter path."],
  EIO: ["the disk reports an error", "Check the disk."]
};

/** Converts the system's error for a failed write. */
export function unwritable(path: string, cause: unknown): ImgwireError {
  const code = codeOf(cause);
  const blocking = code === "EEXIST" || code === "ENOTDIR" ? fileAbove(path) : undefined;
  const [why, hint] = blocking
    ? [`${blocking} is a file where a folder should be`, "Move that file away, then try again."]
    : (REASONS[code] ?? [code ? `${code}, ${messageOf(cause)}` : messageOf(cause), "Try again."]);
  return new ImgwireError("file_unwritable", `${path} wasn't written: ${why}. ${KEPT}`, { hint, cause });
}

/** The error for a read-only file. A rename could replace it even so, if its folder is writable. */
export function readOnly(path: string): ImgwireError {
  const cause = Object.assign(new Error("The file has no write permission."), { code: "EACCES" });
  return new ImgwireError("file_unwritable", `${path} wasn't written: it is read-only. ${KEPT}`, {
    hint: `Make it writable: chmod u+w ${JSON.stringify(path)}`,
    cause
  });
}

function fileAbove(path: string): string | undefined {
  for (let folder = dirname(path); ; folder = dirname(folder)) {
    try {
      if (!statSync(folder).isDirectory()) return folder;
      return undefined;
    } catch {
      if (dirname(folder) === folder) return undefined;
    }
  }
}
