import { existsSync } from "node:fs";
import { dirname, join, sep } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { isInside } from "../system/path.ts";

/** What a document's references are resolved against. */
export interface Place {
  /** The document's absolute path. */
  document: string;
  /** Absolute folders that a leading `/` may refer to, the most likely first. */
  roots: readonly string[];
  /** Path aliases, such as `@site`, and the folders they refer to. */
  aliases?: ReadonlyMap<string, string> | undefined;
  /** The `href` of the document's `<base>`. */
  base?: string | undefined;
}

/** The target of a local reference. */
export interface Location {
  /** The absolute paths of candidate files, the most likely first: percent-decoded, then as written. */
  paths: readonly string[];
  /**
   * The fragment including the `#`, or an empty string. It is meant for the viewer, so it stays with the URL.
   */
  fragment: string;
}

/**
 * Resolves a reference to a file, by the rules for relative URLs (URL standard, section 4.4). Query strings
 * such as `?raw=true` are meant for a server and are ignored.
 * @returns undefined if the reference names no local file: a URL with a scheme or host, a bare fragment, or a
 *   template placeholder
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
 * Returns the file URLs that a reference may mean if a leading `/` means `root`: decoded, then as written.
 */
function targetsBelow(root: URL, url: string, document: string, base: string | undefined): URL[] {
  const place = pathToFileURL(document);
  const from = base === undefined ? place : resolve(base, place, root);
  const target = from && resolve(url, from, root);
  if (!target) return [];
  const literal = url.includes("%") ? resolve(url.replaceAll("%", "%25"), from, root) : undefined;
  return literal ? [target, literal] : [target];
}

/** Whether a path starts with an alias like those of bundlers: `@/`, `@site/`, `~/`. */
export function isAliased(url: string): boolean {
  return /^(?:@[\w-]*|~)\//.test(url);
}

/** Whether a reference is a JSX, Vue or Svelte expression. */
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

/** Returns the path of a file URL; undefined for other schemes, invalid percent-encoding or a NUL. */
function pathOf(url: URL): string | undefined {
  try {
    const path = fileURLToPath(url);
    return path.includes("\0") ? undefined : path;
  } catch {
    return undefined;
  }
}

/**
 * Finds the project folder for a set of documents: the nearest ancestor of `folder`, or `folder` itself, that
 * contains `.git`; otherwise the working directory if `folder` is in it; otherwise `folder`.
 */
export function projectRoot(folder: string, cwd: string): string {
  for (let candidate = folder; ; candidate = dirname(candidate)) {
    if (existsSync(join(candidate, ".git"))) return candidate;
    if (dirname(candidate) === candidate) break;
  }
  return isInside(folder, cwd) ? cwd : folder;
}
