import { chmod, lstat, mkdir, unlink } from "node:fs/promises";
import { join } from "node:path";
import { codeOf, ImgwireError } from "../errors.ts";
import { fileKey } from "../system/file-key.ts";
import { readTextFile } from "../system/read.ts";
import { sweep } from "../system/temporary.ts";
import { writeFileAtomic } from "../system/write.ts";
import type { CredentialStore } from "./store.ts";

const LOOSE = 0o077;

/**
 * Stores each account's secret in its own file, mode 0600 in a folder of mode 0700. Loose permissions are
 * tightened; links, and files or folders of other users, are refused.
 * @param folder absolute path; created when the first secret is written
 */
export function fileStore(folder: string): CredentialStore {
  const fileOf = (account: string): string => join(folder, `${fileKey(account)}.json`);
  return {
    kind: "file",
    describe: () => folder,
    async read(account) {
      if (!(await secured(folder, "folder"))) return undefined;
      const path = fileOf(account);
      return (await secured(path, "file")) ? readTextFile(path, { private: true }) : undefined;
    },
    async write(account, secret) {
      await mkdir(folder, { recursive: true, mode: 0o700 });
      await secured(folder, "folder");
      const path = fileOf(account);
      await secured(path, "file");
      await writeFileAtomic(path, secret);
    },
    async remove(account) {
      if (!(await secured(folder, "folder"))) return;
      sweep(folder);
      await unlink(fileOf(account)).catch(ignoreMissing);
    }
  };
}

/** Makes sure that a path is of the expected kind and private to the user; false if it doesn't exist. */
async function secured(path: string, what: "file" | "folder"): Promise<boolean> {
  const found = await lstat(path).catch(ignoreMissing);
  if (!found) return false;
  const right = what === "folder" ? found.isDirectory() : found.isFile();
  if (!right) throw unsafe(path, `is not a plain ${what}`);
  if (process.platform === "win32") return true;
  if (found.uid !== process.getuid?.()) throw unsafe(path, "belongs to another user");
  if (what === "file" && found.nlink > 1) throw unsafe(path, "has a second name (hard link)");
  if (found.mode & LOOSE) await chmod(path, what === "folder" ? 0o700 : 0o600);
  return true;
}

function ignoreMissing(error: unknown): undefined {
  if (["ENOENT", "ENOTDIR"].includes(codeOf(error))) return undefined;
  throw error;
}

function unsafe(path: string, why: string): ImgwireError {
  return new ImgwireError("store_unsafe", `${path} can't be used to store the sign-in: it ${why}.`, {
    hint: "Look at it, remove it, and run `imgwire login`."
  });
}
