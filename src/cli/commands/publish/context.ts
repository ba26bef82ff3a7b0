import { realpath } from "node:fs/promises";
import { join, relative, resolve } from "node:path";
import type { Deps } from "../../../deps.ts";
import { folderOf } from "../../../documents/collect.ts";
import { projectRoot } from "../../../documents/location.ts";
import { LockFile } from "../../../documents/lock-file.ts";
import type { UploadImages, UploadOutcome } from "../../../documents/publication.ts";
import { DOT_FOLDERS, siteAliases, siteRoots } from "../../../documents/site.ts";
import type { SurveyContext } from "../../../documents/survey.ts";
import { UsageError } from "../../../errors.ts";
import { type FileOutcome, uploadAll } from "../../../transfer/batch.ts";
import { NotAnImageError } from "../../../transfer/inspect.ts";
import { Inspections } from "../../../transfer/inspections.ts";
import type { PathPolicy } from "../../../transfer/roots.ts";
import type { Invocation } from "../../command.ts";
import { hostedContext } from "../../hosted.ts";
import { plain } from "../../ui/output.ts";
import { progressLine } from "../../ui/progress.ts";
import type { PublishOptions } from "./options.ts";
import { hostedUploads } from "../../../mcp/service/transfers.ts";

export type Folders = SurveyContext["folders"];

/** The project to publish, and how to read and send its images. */
export interface Project {
  folders: Folders;
  frontMatter: readonly string[];
  stripMetadata: boolean;
}

/** Finds the project of the given documents and folders, by its real path. */
export async function projectOf(paths: readonly string[], cwd: string): Promise<string> {
  return realpath(projectRoot(await realpath(await folderOf(paths)), cwd));
}

/** Returns the folders that a leading `/` and path aliases refer to in a project's documents. */
export async function foldersOf(
  paths: readonly string[],
  { root = [] }: PublishOptions,
  { project, cwd, aliases }: { project: string; cwd: string; aliases: ReadonlyMap<string, string> }
): Promise<Folders> {
  const folder = await realpath(await folderOf(paths));
  const roots: string[] = [];
  for (const each of root) {
    const real = await realpath(resolve(cwd, each)).catch((error: unknown) => {
      throw new UsageError(`--root can't be used: ${(error as Error).message}.`, { cause: error });
    });
    roots.push(real);
  }
  return {
    project,
    roots: roots.length > 0 ? roots : [...siteRoots(folder, project), project],
    aliases: new Map([...siteAliases(folder, project), ...aliases])
  };
}

/**
 * Runs work that surveys documents. It gets the current lock file and an image reader that follows the rules
 * for uploads and reads each image only once, unless the image changes.
 */
export async function withContext<T>(
  { deps, signal }: Invocation,
  { folders, frontMatter, stripMetadata }: Project,
  work: (context: SurveyContext) => Promise<T>
): Promise<T> {
  const cacheFile = join(deps.paths.cache, stripMetadata ? "inspected-stripped.json" : "inspected.json");
  const policy = policyOf(deps, folders);
  const inspections = new Inspections(cacheFile, { policy, stripMetadata, signal });
  const inspect = (path: string) => inspections.inspect(path).catch(named);
  try {
    return await work({ lock: LockFile.read(folders.project), folders, frontMatter, inspect });
  } finally {
    await inspections.save();
  }
}

/** Gives broken images their own error codes: `not_an_image` is reserved for other kinds of files. */
function named(error: unknown): never {
  if (!(error instanceof NotAnImageError)) throw error;
  const codes = { "lfs-pointer": "lfs_pointer", damaged: "image_damaged" } as Readonly<
    Record<string, string>
  >;
  const code = codes[error.kind];
  throw code ? error.with({ code }) : error;
}

/** Returns an uploader that uses the hosted tools; it connects when there is something to upload. */
export function uploader(invocation: Invocation, { folders, stripMetadata }: Project): UploadImages {
  const { deps, out, signal } = invocation;
  const { http, environment } = deps.fileAccess;
  return async (paths, onOutcome) => {
    const context = await hostedContext(invocation);
    const line = progressLine(deps.io.stderr, out.interactive);
    const report = (path: string, finished: number): void => {
      const what = `${finished} of ${paths.length}: ${plain(relative(folders.project, path))}`;
      line.show(finished / paths.length, what);
      if (!out.interactive) out.note(what);
    };
    const recorded: Promise<void>[] = [];
    await uploadAll(
      paths.map((path) => ({ path })),
      {
        service: hostedUploads(context, { given: {}, environment: environment() }),
        http,
        policy: policyOf(deps, folders),
        stripMetadata,
        onFile(outcome, finished) {
          const show = (): void => report(outcome.path, finished);
          recorded.push(onOutcome(outcomeOf(outcome)).then(show, () => undefined));
        },
        signal
      }
    ).finally(() => Promise.all(recorded).then(() => line.clear()));
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

function policyOf({ fileAccess }: Deps, { project, roots }: Folders): PathPolicy {
  const named = DOT_FOLDERS.map((name) => join(project, name));
  return { ...fileAccess, cwd: fileAccess.cwd(), clientRoots: [project, ...roots, ...named] };
}
