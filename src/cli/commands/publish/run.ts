import { realpath } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { type Collection, collectDocuments } from "../../../documents/collect.ts";
import { IgnoreRules } from "../../../documents/ignored.ts";
import { prune, takeInventory } from "../../../documents/inventory.ts";
import { projectRoot } from "../../../documents/location.ts";
import {
  previewPublication,
  type Publication,
  publishDocuments,
  undoPublication
} from "../../../documents/publication.ts";
import { EXIT, ImgwireError, UsageError } from "../../../errors.ts";
import { stripControls } from "../../../log.ts";
import { fileKey } from "../../../system/file-key.ts";
import { isInside, slashPath } from "../../../system/path.ts";
import { withLock } from "../../../system/lock.ts";
import type { Invocation } from "../../command.ts";
import { shownDiff } from "../../ui/diff.ts";
import { plain } from "../../ui/output.ts";
import { annotationsOf } from "./annotations.ts";
import { installGit, mergeLockFiles } from "./git.ts";
import type { PublishOptions } from "./options.ts";
import { readDefaults } from "./defaults.ts";
import { foldersOf, type Project, projectOf, uploader, withContext } from "./context.ts";
import { describeReport, type PublishReport, remarksOn, reportOf } from "./report.ts";

/**
 * Publishes documents, previews that, or undoes it.
 * @returns the exit code: 1 if something is wrong with the documents or, with `--check`, if anything would
 *   change
 */
export async function runPublish(
  invocation: Invocation,
  given: PublishOptions,
  documents: readonly string[]
): Promise<number> {
  if (given.mergeLock) return mergeLockFiles(invocation, documents).then(() => EXIT.done);
  if (given.installGit) return installGit(invocation).then(() => EXIT.done);
  const { deps } = invocation;
  const cwd = deps.io.cwd();
  const named = documents.length > 0 ? documents : defaultDocuments(given);
  const paths = await Promise.all(named.map((path) => realPath(resolve(cwd, path), cwd)));
  const project = await projectOf(paths, cwd);
  const defaults = readDefaults(project);
  const options = { ...defaults.options, ...given };
  const folders = await foldersOf(paths, options, { project, cwd, aliases: defaults.aliases });
  const site = {
    ...{ folders, frontMatter: defaults.frontMatter },
    stripMetadata: defaults.stripMetadata || deps.fileAccess.stripMetadata === true
  };
  const collection = await collectDocuments(paths, new IgnoreRules(folders.project, options));
  if (options.status) return showStatus(invocation, collection, site);
  if (options.prune) return showPruned(invocation, collection, site);
  const publication = await carryOut(invocation, options, collection.documents, site);
  return answer(invocation, options, publication, collection);
}

/**
 * Resolves the real path of a document or folder.
 * @throws ImgwireError `link_refused` if a link in the project leads out of it
 */
async function realPath(path: string, cwd: string): Promise<string> {
  const target = await realpath(path).catch(() => path);
  const project = await realpath(projectRoot(dirname(path), cwd)).catch(() => dirname(target));
  if (isInside(target, project)) return target;
  throw new ImgwireError("link_refused", `${path} is a link that leads out of the project, to ${target}.`, {
    hint: "If that's the file you mean, pass its real path."
  });
}

function defaultDocuments({ status, prune, undo }: PublishOptions): readonly string[] {
  if (status ?? prune ?? undo) return ["."];
  throw new UsageError("No documents given.", {
    hint: "Name a document or a folder, such as: imgwire publish docs"
  });
}

function answer(
  { deps, out }: Invocation,
  options: PublishOptions,
  publication: Publication,
  { unread }: Collection
): number {
  const report = reportOf(publication, options, deps.io.cwd(), unread);
  for (const remark of remarksOn(report, options)) out.note(remark);
  if (options.check && deps.io.env["GITHUB_ACTIONS"] === "true") {
    for (const line of annotationsOf(report, (code) => isHarmless(code, options)))
      deps.io.stderr.write(`${plain(line)}\n`);
  }
  // Files and other programs get the diff byte for byte; terminals get it without control characters.
  out.answer(report, (value) => {
    const text = describeReport(value, options);
    if (!out.terminal) return text;
    return options.dryRun ? shownDiff(text, out) : stripControls(text);
  });
  return exitCode(report, options);
}

function carryOut(
  invocation: Invocation,
  options: PublishOptions,
  paths: readonly string[],
  site: Project
): Promise<Publication> {
  const { preset, width, format, srcset } = options;
  const transform = { preset, width, format, srcset };
  const preview = options.dryRun === true || options.check === true;
  const publication = (): Promise<Publication> =>
    withContext(invocation, site, (survey) => {
      const context = { ...survey, transform, links: options.links === true };
      if (options.undo) return undoPublication(paths, context, preview);
      if (preview) return previewPublication(paths, context);
      return publishDocuments(paths, { ...context, upload: uploader(invocation, site) });
    });
  return preview && !options.undo ? publication() : exclusively(invocation, site, publication);
}

/** Runs work in only one process per project at a time, because it writes to the lock file. */
function exclusively<T>(
  { deps, signal }: Invocation,
  { folders }: Project,
  work: () => Promise<T>
): Promise<T> {
  return withLock(join(deps.paths.state, `publish-${fileKey(folders.project)}.lock`), work, { signal });
}

async function showStatus(invocation: Invocation, { documents }: Collection, site: Project): Promise<number> {
  const items = await withContext(invocation, site, (context) => takeInventory(documents, context));
  const images = items.map(({ path, imageId, cdnUrl, state }) => {
    return { path: shown(path, invocation), state, image_id: imageId, cdn_url: cdnUrl };
  });
  invocation.out.answer({ images }, () =>
    images.map(({ path, state }) => `${state.padEnd(9)}  ${plain(path)}`).join("\n")
  );
  return EXIT.done;
}

async function showPruned(invocation: Invocation, { documents }: Collection, site: Project): Promise<number> {
  const paths = await exclusively(invocation, site, () =>
    withContext(invocation, site, (context) => prune(documents, context))
  );
  const forgotten = paths.map((path) => shown(path, invocation));
  invocation.out.answer({ forgotten }, () =>
    forgotten.length > 0
      ? forgotten.map((path) => `removed  ${plain(path)}`).join("\n")
      : "Every image is in use."
  );
  return EXIT.done;
}

function shown(path: string, { deps }: Invocation): string {
  return slashPath(deps.io.cwd(), path);
}

/** Problems that don't make the command fail. */
const HARMLESS = ["not_an_image", "unresolved"];

/** Whether a problem is ignored. A URL missing from the lock file counts only with `--check`. */
function isHarmless(code: string, { check, allowMissing }: PublishOptions): boolean {
  if (code === "missing") return allowMissing === true;
  return HARMLESS.includes(code) || (code === "unknown_delivery_url" && check !== true);
}

function exitCode({ documents, problems }: PublishReport, options: PublishOptions): number {
  if (problems.some(({ code }) => !isHarmless(code, options))) return EXIT.failed;
  return options.check && documents.some(({ changed }) => changed) ? EXIT.failed : EXIT.done;
}
