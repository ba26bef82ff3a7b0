import { posix, win32 } from "node:path";

/** The command with which an agent starts the server. */
export interface StdioCommand {
  command: string;
  args: readonly string[];
  env: Readonly<Record<string, string>>;
}

/** What the command depends on. */
export interface CommandInputs {
  platform: NodeJS.Platform;
  /** The absolute path of the running Node. */
  execPath: string;
  /** The absolute path, with symbolic links resolved, of the package file that is running. */
  binPath: string;
  /** Whether the entry goes into a file that other machines share. */
  shared: boolean;
  /** Settings to start the server with. */
  env: Readonly<Record<string, string>>;
  /** Whether two paths exist and are the same file. */
  sameFile: (path: string, other: string) => boolean;
  exists: (path: string) => boolean;
}

const PACKAGE = "imgwire-mcp";
const SERVER_FILE = "imgwire-mcp.js";

/**
 * The caches from which npx, `pnpm dlx`, `bunx` and `yarn dlx` run packages. Their contents can disappear at
 * any time.
 */
const EPHEMERAL = /[\\/](?:_npx|dlx|dlx-[^\\/]+|bunx-[^\\/]+|xfs-[^\\/]+)[\\/]/;

/** Folders that are on every program's PATH, even when it was started from the desktop. */
const USUAL_PATH = ["/usr/local/bin", "/usr/bin", "/bin"];

/**
 * Returns a command that starts the server even if PATH is minimal, as in apps started from the desktop: the
 * absolute paths of Node and of the installed package, or npx if the package runs from a cache.
 */
export function serverCommand(inputs: CommandInputs): StdioCommand {
  const { platform, binPath, env } = inputs;
  const path = platform === "win32" ? win32 : posix;
  const node = lastingNode(inputs);
  if (EPHEMERAL.test(binPath)) return npxCommand(inputs, path.dirname(node));
  return { command: node, args: [path.join(path.dirname(binPath), SERVER_FILE)], env };
}

/**
 * Homebrew deletes the folder of the old version when it upgrades; its `opt` link always points to the
 * current one.
 */
function lastingNode({ execPath, sameFile }: CommandInputs): string {
  const linked = execPath.replace(/\/Cellar\/(node(?:@\d+)?)\/[^/]+\/bin\/node$/, "/opt/$1/bin/node");
  return linked !== execPath && sameFile(linked, execPath) ? linked : execPath;
}

function npxCommand({ platform, shared, env, exists }: CommandInputs, nodeFolder: string): StdioCommand {
  const args = ["-y", PACKAGE];
  // On Windows npx is a batch file, which needs a command interpreter.
  if (platform === "win32") return { command: "cmd", args: ["/c", "npx", ...args], env };
  const npx = posix.join(nodeFolder, "npx");
  if (shared || !exists(npx)) return { command: "npx", args, env };
  if (USUAL_PATH.includes(nodeFolder)) return { command: npx, args, env };
  // npx looks for Node on PATH.
  return { command: npx, args, env: { PATH: [nodeFolder, ...USUAL_PATH].join(":"), ...env } };
}
