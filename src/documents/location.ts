import { existsSync } from "node:fs";
import { dirname, join, sep } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { isInside } from "../system/inside.ts";

/** What references of a document are relative to. */
export interface Place {
  /** The document, absolute. */
  document: string;
  /** The folders that a leading `/` may stand for, absolute, likelier first. */
  roots: readonly string[];
  /** The folders that names at the start of a path stand for, such as `@site`. */
  aliases?: ReadonlyMap<string, string> | undefined;
  /** The `href` of the document's `<base>`. */
  base?: string | undefined;
}

/** Where a local reference points. */
export interface Location {
  /** The files it may mean, absolute, likelier first: the path percent-decoded, and as it is written. */
  paths: readonly string[];
  /**
   * Its fragment with the `#`, or an empty text: it is for whoever shows the image, and stays with the URL.
   */
  fragment: string;
}

/**
 * Finds the file that a reference means, by the rules for relative URLs (URL standard, section 4.4). A query
 * is left out: it is for a server, such as `?raw=true`.
 * @returns undefined for what names no local file: URLs with a scheme or a host, a fragment alone, a
 *   template's placeholder
 */
export function locate(url: string, { document, roots, aliases, base }: Place): Location | undefined {
  if (!isLocal(url)) return undefined;
  const [, alias = "", rest = ""] = /^([^/\\]+)(\/.*)$/s.exec(url) ?? [];
  const folder = aliases?.get(alias);
  if (folder !== undefined) return locate(rest, { document, roots: [folder] });
  const targets = roots.flatMap((root) => targetsBelow(pathToFileURL(root + sep), url, document, base));
  const [first] = targets;
  if (!first) return undefined;
  const paths = targets.map(pathOf).filter((path) => path !== undefined);
  return { paths: [...new Set(paths)], fragment: first.hash };
}

/**
 * The URLs that a reference may mean where a leading `/` stands for `root`: decoded, and as it is written.
 */
function targetsBelow(root: URL, url: string, document: string, base: string | undefined): URL[] {
  const place = pathToFileURL(document);
  const from = base === undefined ? place : resolve(base, place, root);
  const target = from && resolve(url, from, root);
  if (!target) return [];
  const literal = url.includes("%") ? resolve(url.replaceAll("%", "%25"), from, root) : undefined;
  return literal ? [target, literal] : [target];
}

/** Whether a path starts as a bundler's aliases do: `@/`, `@site/`, `~/`. */
export function isAliased(url: string): boolean {
  return /^(?:@[\w-]*|~)\//.test(url);
}

/** Whether a reference is an expression of JSX, Vue or Svelte. */
export function isExpression(url: string): boolean {
  return /^\{(?![{%])/.test(url);
}

const SCHEME_OR_HOST = /^(?:[a-z][a-z0-9+.-]*:|[\\/]{2})/i;
const PLACEHOLDER = /\{\{|\{%|<%|\$\{/;

function isLocal(url: string): boolean {
  return !/^(?:[#?]|$)/.test(url) && !SCHEME_OR_HOST.test(url) && !PLACEHOLDER.test(url);
}

function resolve(url: string, base: URL, root: URL): URL | undefined {
  if (SCHEME_OR_HOST.test(url)) return undefined;
  try {
    return /^[\\/]/.test(url) ? new URL(`.${url}`, root) : new URL(url, base);
  } catch {
    return undefined;
  }
}

/**
 * The path of a file URL; undefined where none can be named so: another scheme, broken percent-encoding, a
 * NUL.
 */
function pathOf(url: URL): string | undefined {
  try {
    const path = fileURLToPath(url);
    return path.includes("\0") ? undefined : path;
  } catch {
    return undefined;
  }
}

/**
 * The folder of the project that documents belong to: the nearest one with a `.git`, from the folder that
 * holds them upward; else the working directory, where that folder is or lies below it; else the folder
 * itself.
 */
export function projectRoot(folder: string, cwd: string): string {
  for (let candidate = folder; ; candidate = dirname(candidate)) {
    if (existsSync(join(candidate, ".git"))) return candidate;
    if (dirname(candidate) === candidate) break;
  }
  return isInside(folder, cwd) ? cwd : folder;
}
