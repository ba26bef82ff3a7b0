import { readFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "../program.ts";

interface Manifest {
  name: string;
  version: string;
  description: string;
  keywords: string[];
  license: string;
  author: string;
  mcpName: string;
  repository: { url: string };
}

/** The program's package.json, and values derived from it. */
export interface Project extends Omit<Manifest, "repository"> {
  /** The owner and name on GitHub, from `repository.url` in package.json, the only place that states them. */
  slug: string;
  /** The repository's web page. */
  repository: string;
  homepage: string;
  issues: string;
  /** Returns the download URL of a file in this version's release. */
  asset: (file: string) => string;
}

/**
 * Reads package.json and derives the project's URLs from it.
 * @throws Error if `repository.url` is not a GitHub repository
 */
export function readProject(root = ROOT): Project {
  const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as Manifest;
  const { url } = manifest.repository;
  const slug = /^git\+https:\/\/github\.com\/([\w.-]+\/[\w.-]+)\.git$/.exec(url)?.[1];
  if (!slug)
    throw new Error(`package.json: repository.url is not git+https://github.com/OWNER/NAME.git: ${url}`);
  const repository = `https://github.com/${slug}`;
  return {
    ...manifest,
    slug,
    repository,
    homepage: `${repository}#readme`,
    issues: `${repository}/issues`,
    asset: (file) => `${repository}/releases/download/v${manifest.version}/${file}`
  };
}
