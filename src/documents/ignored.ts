import { existsSync } from "node:fs";
import { dirname, join, sep } from "node:path";
import ignore, { type Ignore } from "ignore";
import { isInside, slashPath } from "../system/path.ts";
import { readTextFile } from "../system/read.ts";

/** Folders that hold none of the project's own documents: installed packages and build output. */
const SKIPPED_FOLDERS = new Set([
  "node_modules",
  "bower_components",
  "_site",
  "__pycache__",
  "site-packages"
]);

/** Decides which files and folders to skip when a project is searched for documents. */
export class IgnoreRules {
  readonly #project: string;
  readonly #rules = new Map<string, Ignore | undefined>();
  readonly #include: Ignore | undefined;
  readonly #exclude: Ignore;

  /** @param patterns in `.gitignore` syntax, relative to the project */
  constructor(project: string, patterns: { include?: readonly string[]; exclude?: readonly string[] } = {}) {
    this.#project = project;
    this.#include = patterns.include?.length ? ignore().add([...patterns.include]) : undefined;
    this.#exclude = ignore().add([...(patterns.exclude ?? [])]);
  }

  /**
   * @param from the folder given by the user; git rules that exclude this folder itself don't apply below it
   */
  skipsFolder(path: string, from: string): boolean {
    const name = path.slice(dirname(path).length).replace(/^[\\/]/, "");
    if (name.startsWith(".") || SKIPPED_FOLDERS.has(name) || existsSync(join(path, "pyvenv.cfg")))
      return true;
    return this.#isExcluded(`${path}${sep}`) || this.#isGitIgnored(`${path}${sep}`, from);
  }

  skipsFile(path: string, from: string): boolean {
    if (this.#include && !this.#include.ignores(this.#name(path))) return true;
    return this.#isExcluded(path) || this.#isGitIgnored(path, from);
  }

  /**
   * Whether a file found in a folder counts as a document. Style sheets do only if there are `include`
   * patterns, because a bundler usually processes them.
   */
  takes(path: string): boolean {
    return this.#include !== undefined || !path.toLowerCase().endsWith(".css");
  }

  #isExcluded(path: string): boolean {
    return isInside(path, this.#project) && this.#exclude.ignores(this.#name(path));
  }

  /** Whether git ignores a path. As in git, the deepest `.gitignore` with a matching rule decides. */
  #isGitIgnored(path: string, from: string): boolean {
    if (from !== this.#project && isInside(from, this.#project) && this.#verdictOn(`${from}${sep}`))
      return false;
    return this.#verdictOn(path);
  }

  #verdictOn(path: string): boolean {
    for (let folder = dirname(path); isInside(folder, this.#project); folder = dirname(folder)) {
      const rules = this.#rulesOf(folder);
      const verdict = rules?.test(nameBelow(folder, path));
      if (verdict?.ignored) return true;
      if (verdict?.unignored) return false;
      if (dirname(folder) === folder) break;
    }
    return false;
  }

  #rulesOf(folder: string): Ignore | undefined {
    if (!this.#rules.has(folder)) {
      const text = readTextFile(join(folder, ".gitignore"));
      this.#rules.set(folder, text === undefined ? undefined : ignore().add(text));
    }
    return this.#rules.get(folder);
  }

  #name(path: string): string {
    return nameBelow(this.#project, path);
  }
}

function nameBelow(folder: string, path: string): string {
  const name = slashPath(folder, path);
  return path.endsWith(sep) ? `${name}/` : name;
}
