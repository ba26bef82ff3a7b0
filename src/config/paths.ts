import { homedir } from "node:os";
import { posix, win32 } from "node:path";

/** The folders this program writes to, absolute. */
export interface Paths {
  /** The user's configuration: `config.json`. */
  config: string;
  /** What must survive but is not configuration: sign-in state, locks, and tokens if there is no keychain. */
  state: string;
  /** What may be deleted at any time: cached tool lists and Environments. */
  cache: string;
  logs: string;
}

/** What decides where the folders are. */
export interface PathInputs {
  env: Readonly<Record<string, string | undefined>>;
  platform: NodeJS.Platform;
  home?: string;
}

const NAME = "imgwire-mcp";

/**
 * Finds the program's folders: `IMGWIRE_CONFIG_DIR` when set, else the platform's own.
 *
 * On Linux the XDG variables are not consulted: agents such as Codex start servers without them, and a
 * sign-in made in the shell has to be found there.
 */
export function resolvePaths({ env, platform, home = homedir() }: PathInputs): Paths {
  const path = platform === "win32" ? win32 : posix;
  const join = (...parts: string[]): string => path.join(...parts);
  const chosen = env["IMGWIRE_CONFIG_DIR"];
  if (chosen) {
    const root = path.resolve(chosen);
    return { config: root, state: join(root, "state"), cache: join(root, "cache"), logs: join(root, "logs") };
  }
  if (platform === "darwin") {
    const library = join(home, "Library");
    const support = join(library, "Application Support", NAME);
    return {
      config: support,
      state: join(support, "state"),
      cache: join(library, "Caches", NAME),
      logs: join(library, "Logs", NAME)
    };
  }
  if (platform === "win32") {
    const roaming = join(env["APPDATA"] || join(home, "AppData", "Roaming"), NAME);
    const local = join(env["LOCALAPPDATA"] || join(home, "AppData", "Local"), NAME);
    return {
      config: roaming,
      state: join(local, "state"),
      cache: join(local, "cache"),
      logs: join(local, "logs")
    };
  }
  const state = join(home, ".local", "state", NAME);
  return {
    config: join(home, ".config", NAME),
    state,
    cache: join(home, ".cache", NAME),
    logs: join(state, "logs")
  };
}
