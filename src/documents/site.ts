import { existsSync, readdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { isInside } from "../system/path.ts";

const DOCUSAURUS = /^docusaurus\.config\.[cm]?[jt]s$/;

/** Site generators: the names of their configuration files, and the folders that a leading `/` refers to. */
const GENERATORS: readonly { config: RegExp; roots: readonly string[] }[] = [
  { config: DOCUSAURUS, roots: ["static"] },
  { config: /^\.vitepress$/, roots: ["public"] },
  { config: /^\.vuepress$/, roots: [".vuepress/public"] },
  { config: /^(?:hugo|config)\.(?:toml|ya?ml|json)$/, roots: ["static", "assets"] },
  { config: /^(?:astro|next|nuxt|vite|svelte)\.config\.[cm]?[jt]s$/, roots: ["public", "static"] },
  { config: /^mkdocs\.ya?ml$/, roots: ["docs"] },
  { config: /^_config\.ya?ml$/, roots: ["."] },
  { config: /^(?:\.gitbook|\.gitbook\.yaml|book\.json)$/, roots: ["."] }
];

/** Folders that start with a dot and from which site generators serve images. */
export const DOT_FOLDERS: readonly string[] = [".github", ".gitbook", ".vuepress", ".vitepress"];

/**
 * Returns the folders that a leading `/` may refer to. Looks for configuration files of site generators in
 * the documents' folder, in its ancestors up to the project, and in subfolders of the project such as `docs`.
 */
export function siteRoots(folder: string, project: string): readonly string[] {
  const roots: string[] = [];
  for (const candidate of [...ancestors(folder, project), ...childFolders(project)]) {
    const names = namesIn(candidate);
    for (const { config, roots: served } of GENERATORS) {
      if (names.some((name) => config.test(name))) roots.push(...served.map((name) => join(candidate, name)));
    }
  }
  return [...new Set(roots)].filter((root) => existsSync(root));
}

/**
 * Returns the path aliases of the site generators found in these folders. Only Docusaurus has one: `@site`.
 */
export function siteAliases(folder: string, project: string): ReadonlyMap<string, string> {
  for (const candidate of [...ancestors(folder, project), ...childFolders(project)]) {
    if (namesIn(candidate).some((name) => DOCUSAURUS.test(name))) return new Map([["@site", candidate]]);
  }
  return new Map();
}

function* ancestors(folder: string, project: string): Generator<string> {
  for (let each = folder; isInside(each, project); each = dirname(each)) {
    yield each;
    if (each === project) return;
  }
}

function childFolders(project: string): string[] {
  const named = ["docs", "doc", "website", "site", "documentation", "www"];
  return named.map((name) => join(project, name)).filter((path) => existsSync(path));
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
