import { realpath, stat } from "node:fs/promises";
import { resolve } from "node:path";
import { readUserConfig, saveRoots } from "../../../config/user.ts";
import { ImgwireError } from "../../../errors.ts";
import type { Invocation } from "../../command.ts";
import { plain } from "../../ui/output.ts";

/** Lists the folders. */
export async function runList({ deps, out }: Invocation): Promise<void> {
  const { roots } = readUserConfig(deps.paths.config);
  out.answer(
    { roots },
    () => roots.map(plain).join("\n") || "No folders. Add one: imgwire roots add <folder>"
  );
  return Promise.resolve();
}

/**
 * Allows a folder by its real path, so that redirecting a symbolic link later doesn't allow its new target.
 */
export async function runAdd({ deps, out }: Invocation, folder: string): Promise<void> {
  const path = await realpath(resolve(deps.io.cwd(), folder)).catch(() => undefined);
  if (path === undefined || !(await stat(path)).isDirectory()) {
    throw new ImgwireError("not_a_folder", `${folder} isn't a folder.`, {
      hint: "Name a folder that exists."
    });
  }
  await saveRoots(deps.paths.config, (roots) => [...new Set([...roots, path])]);
  out.answer({ added: path }, () => `Uploads may now always read from ${plain(path)}.`);
}

/** Removes a folder from the list, even one that no longer exists. */
export async function runRemove({ deps, out }: Invocation, folder: string): Promise<void> {
  const path = resolve(deps.io.cwd(), folder);
  const real = await realpath(path).catch(() => path);
  const { roots } = readUserConfig(deps.paths.config);
  if (!roots.some((root) => root === path || root === real)) {
    throw new ImgwireError("unknown_root", `${folder} isn't one of your folders.`, {
      hint: "Run `imgwire roots list`."
    });
  }
  await saveRoots(deps.paths.config, (saved) => saved.filter((root) => root !== path && root !== real));
  out.answer({ removed: real }, () => `Uploads no longer read from ${plain(real)} without asking.`);
}
