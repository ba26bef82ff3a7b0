import { homedir } from "node:os";
import { join, posix, win32 } from "node:path";
import { closeToOthers } from "../system/private-folder.ts";

/** The folders this program writes to, absolute. */
export interface Paths {
  /** The user's configuration: `config.json`. */
  config: string;
  /** Permanent data that isn't configuration: sign-in state, locks, and tokens if there is no keychain. */
  state: string;
  /** Data that may be deleted at any time: cached tool lists and Environments. */
  cache: string;
  logs: string;
}

/** What the folders depend on. */
export interface PathInputs {
  env: Readonly<Record<string, string | undefined>>;
  platform: NodeJS.Platform;
  home?: string;
}

const NAME = "imgwire-mcp";

/**
 * Finds the program's folders: `IMGWIRE_CONFIG_DIR` when set, else the platform's own.
 *
 * XDG variables are ignored on Linux: agents such as Codex start servers without them, and must still find a
 * sign-in made in the shell.
 */
export function resolvePaths({ env, platform, home = homedir() }: PathInputs): Paths {
  const path = platform === "win32" ? win32 : posix;
  const inside = (...parts: string[]): string => path.join(...parts);
  const chosen = env["IMGWIRE_CONFIG_DIR"];
  if (chosen) return foldersIn(path.resolve(chosen), inside);
  if (platform === "darwin") {
    const library = inside(home, "Library");
    const support = inside(library, "Application Support", NAME);
    return {
      config: support,
      state: inside(support, "state"),
      cache: inside(library, "Caches", NAME),
      logs: inside(library, "Logs", NAME)
    };
  }
  if (platform === "win32") {
    const roaming = inside(env["APPDATA"] || inside(home, "AppData", "Roaming"), NAME);
    const local = inside(env["LOCALAPPDATA"] || inside(home, "AppData", "Local"), NAME);
    return {
      config: roaming,
      state: inside(local, "state"),
      cache: inside(local, "cache"),
      logs: inside(local, "logs")
    };
  }
  const state = inside(home, ".local", "state", NAME);
  return {
    config: inside(home, ".config", NAME),
    state,
    cache: inside(home, ".cache", NAME),
    logs: inside(state, "logs")
  };
}

function foldersIn(root: string, inside: (...parts: string[]) => string): Paths {
  return {
    config: root,
    state: inside(root, "state"),
    cache: inside(root, "cache"),
    logs: inside(root, "logs")
  };
}

/**
 * Makes sure that no other user may write into the folders.
 * @throws ImgwireError `folder_unsafe`
 */
export function closeFolders({ config, state, cache }: Paths): void {
  for (const folder of [config, state, cache]) closeToOthers(folder);
}

/** Removes temporary files of killed processes from the folders, because they may contain secrets. */
export async function sweepFolders({ config, state, cache }: Paths): Promise<void> {
  const { sweep } = await import("../system/temporary.ts");
  for (const folder of [config, state, join(state, "tokens"), join(state, "installed"), cache]) sweep(folder);
}
