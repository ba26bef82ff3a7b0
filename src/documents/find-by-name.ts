import { readdir } from "node:fs/promises";
import { join } from "node:path";

const vaults = new Map<string, Promise<ReadonlyMap<string, readonly string[]>>>();

/**
 * Finds all files with a given name below a folder, the least nested first. Reads the folder once per
 * process.
 */
export async function filesNamed(name: string, folder: string): Promise<readonly string[]> {
  const vault = vaults.get(folder) ?? readVault(folder);
  vaults.set(folder, vault);
  return (await vault).get(name) ?? [];
}

async function readVault(folder: string): Promise<ReadonlyMap<string, readonly string[]>> {
  const files = new Map<string, string[]>();
  const waiting = [folder];
  for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
    for (const entry of await readdir(next, { withFileTypes: true })) {
      const path = join(next, entry.name);
      const skipped = entry.name.startsWith(".") || entry.name === "node_modules";
      if (entry.isDirectory() && !skipped) waiting.push(path);
      else if (entry.isFile()) files.set(entry.name, [...(files.get(entry.name) ?? []), path]);
    }
  }
  return files;
}
