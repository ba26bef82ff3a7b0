import { readFileSync } from "node:fs";
import { join } from "node:path";

/** The repository's root folder. */
export const ROOT = join(import.meta.dirname, "../..");

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

/** What package.json says of the program, and what follows from it. */
export interface Project extends Omit<Manifest, "repository"> {
  /** Owner and name on GitHub. They stand in package.json's `repository.url`, and nowhere else. */
  slug: string;
  /** Web page of the repository. */
  repository: string;
  homepage: string;
  issues: string;
  /** Where a file of this version's release is downloaded from. */
  asset: (file: string) => string;
}

/** @throws Error when `repository.url` in package.json is no repository on GitHub */
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
