/**
 * Builds everything that a release publishes, in release/: the tarball, the bundle, the bill of materials,
 * the registry's entry and the notes. The release workflow publishes them.
 *
 *     npm run release                in the workflow for a tag
 *     npm run release -- --dry-run   anywhere: needs no tag and no network, and builds no bundle
 */
import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { ROOT } from "./program.ts";
import { writeBundle } from "./release/bundle.ts";
import { notesOf } from "./release/changelog.ts";
import { readProject } from "./release/project.ts";
import { publishedSbom } from "./release/sbom.ts";
import { serverJson } from "./release/server-json.ts";

const FOLDER = join(ROOT, "release");
const { values } = parseArgs({ options: { "dry-run": { type: "boolean", default: false } } });
const dryRun = values["dry-run"];
const project = readProject();

if (!dryRun) checkWorkflow();
rmSync(FOLDER, { recursive: true, force: true });
mkdirSync(FOLDER);
writeFileSync(join(FOLDER, "NOTES.md"), notes());
const pack = ["pack", "--ignore-scripts", "--silent", "--pack-destination", FOLDER];
execFileSync("npm", pack, { cwd: ROOT, stdio: "inherit" });
write("sbom.cdx.json", publishedSbom());
const bundle = dryRun ? undefined : await writeBundle(project, FOLDER);
write("server.json", serverJson(project, bundle));
console.log(
  dryRun ? "Dry run: the tag wasn't checked and no bundle was built." : `Ready to publish ${project.version}.`
);

/** @throws Error unless this is the workflow for this version's tag in package.json's repository */
function checkWorkflow(): void {
  const { GITHUB_REPOSITORY: repository, GITHUB_REF_NAME: tag } = process.env;
  if (repository !== project.slug)
    throw new Error(`package.json names ${project.slug}, but this runs in ${repository ?? "no repository"}.`);
  if (tag !== `v${project.version}`)
    throw new Error(`The version is ${project.version}, but the tag is ${tag ?? "missing"}.`);
}

function notes(): string {
  const changelog = readFileSync(join(ROOT, "CHANGELOG.md"), "utf8");
  return notesOf(changelog, dryRun ? "Unreleased" : project.version);
}

function write(name: string, content: object): void {
  writeFileSync(join(FOLDER, name), `${JSON.stringify(content, undefined, 2)}\n`);
}
