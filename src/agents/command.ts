import { posix, win32 } from "node:path";

/** How an agent starts the server. */
export interface StdioCommand {
  command: string;
  args: readonly string[];
  env: Readonly<Record<string, string>>;
}

/** What the command depends on. */
export interface CommandInputs {
  platform: NodeJS.Platform;
  /** Absolute path of the running Node. */
  execPath: string;
  /** Absolute path, symbolic links resolved, of the package's file that is running. */
  binPath: string;
  /** Whether the entry is for a file that is shared with other machines. */
  shared: boolean;
  /** Settings that the server is to be started with. */
  env: Readonly<Record<string, string>>;
  /** Whether two paths exist and lead to the same file. */
  sameFile: (path: string, other: string) => boolean;
  exists: (path: string) => boolean;
}

const PACKAGE = "imgwire-mcp";
const SERVER_FILE = "imgwire-mcp.js";

/**
 * The caches out of which npx, `pnpm dlx`, `bunx` and `yarn dlx` run a package; what lies there may go any
 * day.
 */
const EPHEMERAL = /[\\/](?:_npx|dlx|dlx-[^\\/]+|bunx-[^\\/]+|xfs-[^\\/]+)[\\/]/;

/** Where every program's PATH leads, also that of one started from the desktop. */
const USUAL_PATH = ["/usr/local/bin", "/usr/bin", "/bin"];

/**
 * The command that starts the server also where PATH is poor, as in programs started from the desktop: Node
 * and the installed package by absolute path, or, where the package runs out of a cache, npx.
 */
export function serverCommand(inputs: CommandInputs): StdioCommand {
  const { platform, binPath, env } = inputs;
  const path = platform === "win32" ? win32 : posix;
  const node = lastingNode(inputs);
  if (EPHEMERAL.test(binPath)) return npxCommand(inputs, path.dirname(node));
  return { command: node, args: [path.join(path.dirname(binPath), SERVER_FILE)], env };
}

/** Homebrew removes a version's own folder when it upgrades; its `opt` link leads to the current one. */
function lastingNode({ execPath, sameFile }: CommandInputs): string {
  const linked = execPath.replace(/\/Cellar\/(node(?:@\d+)?)\/[^/]+\/bin\/node$/, "/opt/$1/bin/node");
  return linked !== execPath && sameFile(linked, execPath) ? linked : execPath;
}

function npxCommand({ platform, shared, env, exists }: CommandInputs, nodeFolder: string): StdioCommand {
  const args = ["-y", PACKAGE];
  // npx is a batch file on Windows, which only a command interpreter can start.
  if (platform === "win32") return { command: "cmd", args: ["/c", "npx", ...args], env };
  const npx = posix.join(nodeFolder, "npx");
  if (shared || !exists(npx)) return { command: "npx", args, env };
  if (USUAL_PATH.includes(nodeFolder)) return { command: npx, args, env };
  // npx looks for Node in PATH.
  return { command: npx, args, env: { PATH: [nodeFolder, ...USUAL_PATH].join(":"), ...env } };
}
