import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { npmInstall, ROOT } from "../program.ts";
import { readPackage } from "./sizes.ts";

/** The program that the benchmark compares this one with. */
const NAME = "mcp-remote";
const VERSION = "0.15.1";

/** An installed peer. */
export interface Peer {
  /** The folder whose `node_modules` holds it. */
  root: string;
  version: string;
  /** The absolute path of its program. */
  bin: string;
}

/**
 * Installs the peer when the benchmark first runs. Nothing else needs it, and as a dependency it would be a
 * twentieth of the packages that every developer installs.
 */
export function installPeer(): Peer {
  const root = join(ROOT, "node_modules/.cache/bench", `${NAME}-${VERSION}`);
  const folder = join(root, "node_modules", NAME);
  if (!existsSync(join(folder, "package.json"))) {
    mkdirSync(root, { recursive: true });
    execFileSync("npm", npmInstall(root, [`${NAME}@${VERSION}`]), { stdio: ["ignore", 2, 2] });
  }
  const { version, bin } = readPackage(folder);
  return { root, version, bin: join(folder, bin?.[NAME] ?? "") };
}
