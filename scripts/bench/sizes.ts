import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { dirname, join } from "node:path";

/** The size of an installation. */
export interface Size {
  bytes: number;
  packages: number;
}

interface Manifest {
  dependencies?: Record<string, string>;
  optionalDependencies?: Record<string, string>;
  version: string;
  bin?: Record<string, string>;
}

/** The size of what `npx imgwire-mcp` installs: the package itself and its run-time dependencies. */
export function ownSize(root: string): Size {
  const listing = execFileSync("npm", ["pack", "--dry-run", "--json", "--ignore-scripts"], {
    cwd: root,
    encoding: "utf8"
  });
  const [packed] = JSON.parse(listing) as {
    unpackedSize: number;
  }[];
  const { dependencies } = readPackage(root);
  const tree = treeSize(Object.keys(dependencies ?? {}), root);
  return { bytes: tree.bytes + (packed?.unpackedSize ?? 0), packages: tree.packages + 1 };
}

/** The installed size of packages and all of their dependencies that are installed here. */
export function treeSize(names: readonly string[], root: string): Size {
  const seen = new Set<string>();
  const queue = names.map((name) => ({ name, from: root }));
  for (let next = queue.pop(); next; next = queue.pop()) {
    const folder = locate(next.name, next.from);
    if (!folder || seen.has(folder)) continue;
    seen.add(folder);
    const { dependencies, optionalDependencies } = readPackage(folder);
    for (const name of Object.keys({ ...dependencies, ...optionalDependencies }))
      queue.push({ name, from: folder });
  }
  const bytes = [...seen].reduce((sum, folder) => sum + folderSize(folder), 0);
  return { bytes, packages: seen.size };
}

function locate(name: string, from: string): string | undefined {
  for (let folder = from; ; folder = dirname(folder)) {
    const candidate = join(folder, "node_modules", name);
    if (existsSync(join(candidate, "package.json"))) return candidate;
    if (dirname(folder) === folder) return undefined;
  }
}

/** Reads the manifest of the package in a folder. */
export function readPackage(folder: string): Manifest {
  return JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as Manifest;
}

function folderSize(folder: string): number {
  return readdirSync(folder, { withFileTypes: true }).reduce((sum, entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return entry.name === "node_modules" ? sum : sum + folderSize(path);
    return sum + statSync(path).size;
  }, 0);
}
