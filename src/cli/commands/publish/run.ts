import { realpath } from "node:fs/promises";
import { join, relative, resolve } from "node:path";
import type { Deps } from "../../../deps.ts";
import { type Collection, collectDocuments } from "../../../documents/collect.ts";
import { projectRoot } from "../../../documents/location.ts";
import { LockFile } from "../../../documents/lock-file.ts";
import {
  previewPublication,
  type Publication,
  publishDocuments,
  type UploadImages,
  type UploadOutcome
} from "../../../documents/publication.ts";
import type { SurveyContext } from "../../../documents/survey.ts";
import { EXIT, UsageError } from "../../../errors.ts";
import { hostedUploads } from "../../../mcp/service/uploads.ts";
import { stripControls } from "../../../log.ts";
import { fileKey } from "../../../system/file-key.ts";
import { withLock } from "../../../system/lock.ts";
import { type FileOutcome, uploadAll } from "../../../transfer/batch.ts";
import { inspect } from "../../../transfer/inspect.ts";
import { openApproved } from "../../../transfer/open.ts";
import type { PathPolicy } from "../../../transfer/roots.ts";
import type { Invocation } from "../../command.ts";
import { hostedContext } from "../../hosted.ts";
import { plain } from "../../ui/output.ts";
import { progressLine } from "../../ui/progress.ts";
import { describeReport, type PublishReport, remarksOn, reportOf } from "./report.ts";

/** How documents are published. */
export interface PublishOptions {
  root?: string;
  dryRun?: true;
  check?: true;
  allowMissing?: true;
}

/**
 * Publishes documents, or says what publishing them would do.
 * @returns the exit code: 1 when something is wrong with the documents, or with `--check` when anything would change
 */
export async function runPublish(
  invocation: Invocation,
  options: PublishOptions,
  documents: readonly string[]
): Promise<number> {
  const { deps, out } = invocation;
  const cwd = deps.io.cwd();
  const collection = await collectDocuments(documents.map((path) => resolve(cwd, path)));
  const folders = await foldersOf(collection, options, cwd);
  const preview = options.dryRun === true || options.check === true;
  const publication = await (preview ? previewOf : carryOut)(invocation, collection.documents, folders);
  const report = reportOf(publication, options, cwd);
  for (const remark of remarksOn(report, options)) out.note(remark);
  const terminal = deps.io.stdout.isTTY === true;
  // A diff for a file or a program stays as it is, byte for byte; a terminal would obey escape sequences in it.
  out.answer(report, (value) => (terminal ? stripControls : String)(describeReport(value, options)));
  return exitCode(report, options);
}

type Folders = SurveyContext["folders"];

async function foldersOf({ folder }: Collection, { root }: PublishOptions, cwd: string): Promise<Folders> {
  const project = await realpath(projectRoot(folder, cwd));
  if (root === undefined) return { project, root: project };
  const real = await realpath(resolve(cwd, root)).catch((error: unknown) => {
    throw new UsageError(`--root can't be used: ${(error as Error).message}.`, { cause: error });
  });
  return { project, root: real };
}

function previewOf(invocation: Invocation, paths: readonly string[], folders: Folders): Promise<Publication> {
  return previewPublication(paths, contextOf(invocation, folders));
}

/** One process at a time works on a project, because all note their uploads in one lock file. */
function carryOut(invocation: Invocation, paths: readonly string[], folders: Folders): Promise<Publication> {
  const name = fileKey(folders.project);
  const lock = join(invocation.deps.paths.state, `publish-${name}.lock`);
  const work = (): Promise<Publication> =>
    publishDocuments(paths, { ...contextOf(invocation, folders), upload: uploader(invocation, folders) });
  return withLock(lock, work, { signal: invocation.signal });
}

function contextOf({ deps, signal }: Invocation, folders: Folders): SurveyContext {
  const policy = policyOf(deps, folders);
  return {
    lock: LockFile.read(folders.project),
    folders,
    async inspect(path) {
      const file = await openApproved(path, policy);
      return inspect(file, signal).finally(() => file.handle.close());
    }
  };
}

/** Uploads through the hosted tools; the connection is opened when there is something to upload. */
function uploader(invocation: Invocation, folders: Folders): UploadImages {
  const { deps, out, signal } = invocation;
  const { http, environment } = deps.fileAccess;
  return async (paths, tell) => {
    const context = await hostedContext(invocation);
    const line = progressLine(deps.io.stderr, out.interactive);
    const report = (path: string, finished: number): void => {
      const what = `${finished} of ${paths.length}: ${plain(relative(folders.project, path))}`;
      line.show(finished / paths.length, what);
      if (!out.interactive) out.note(what);
    };
    const told: Promise<void>[] = [];
    await uploadAll(
      paths.map((path) => ({ path })),
      {
        service: hostedUploads(context, { given: {}, environment: environment() }),
        http,
        policy: policyOf(deps, folders),
        onFile(outcome, finished) {
          const show = (): void => report(outcome.path, finished);
          told.push(tell(outcomeOf(outcome)).then(show, () => undefined));
        },
        signal
      }
    ).finally(() => Promise.all(told).then(() => line.clear()));
  };
}

function outcomeOf(outcome: FileOutcome): UploadOutcome {
  const { path } = outcome;
  if ("error" in outcome) {
    const { error } = outcome;
    return { path, error: error instanceof Error ? error : new Error(String(error)) };
  }
  const { file, image } = outcome.uploaded;
  const cdnUrl = image["cdn_url"];
  return { path, sha256: file.sha256, imageId: image.id, cdnUrl: typeof cdnUrl === "string" ? cdnUrl : "" };
}

/** Hidden folders in which projects keep images of their documents. */
const DOT_FOLDERS = [".github", ".gitbook", ".vuepress", ".vitepress"];

function policyOf({ fileAccess }: Deps, { project, root }: Folders): PathPolicy {
  const named = DOT_FOLDERS.map((name) => join(project, name));
  return { ...fileAccess, cwd: fileAccess.cwd(), clientRoots: [project, root, ...named] };
}

/** A reference to something that isn't an image does no harm, nor does a missing image where the user says so. */
function exitCode({ documents, problems }: PublishReport, { check, allowMissing }: PublishOptions): number {
  const harmless = ["not_an_image", ...(allowMissing ? ["missing"] : [])];
  if (problems.some(({ code }) => !harmless.includes(code))) return EXIT.failed;
  return check && documents.some(({ changed }) => changed) ? EXIT.failed : EXIT.done;
}
