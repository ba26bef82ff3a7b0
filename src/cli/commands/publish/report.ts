import { relative } from "node:path";
import { createTwoFilesPatch, FILE_HEADERS_ONLY } from "diff";
import { LOCK_FILE } from "../../../documents/lock-file.ts";
import type { Publication } from "../../../documents/publication.ts";
import type { Problem } from "../../../documents/survey.ts";
import { plain } from "../../ui/output.ts";
import type { PublishOptions } from "./command.ts";

/** What `imgwire publish` answers; this very value with `--json`. Paths are relative to the working directory. */
export interface PublishReport {
  documents: { path: string; changed: boolean; diff?: string }[];
  images: { path: string; state: ImageState; image_id?: string; cdn_url?: string }[];
  problems: Problem[];
}

/** `pending`: yet to be uploaded, in a preview; or the upload failed, and a problem says why. */
type ImageState = "uploaded" | "unchanged" | "pending";

/** Puts together the answer. With `--dry-run` documents carry unified diffs that `git apply` takes. */
export function reportOf(publication: Publication, { dryRun }: PublishOptions, cwd: string): PublishReport {
  const shown = (path: string): string => relative(cwd, path).replaceAll("\\", "/") || path;
  return {
    documents: publication.documents.map(({ path, before, after }) => ({
      path: shown(path),
      changed: before !== after,
      ...(dryRun && before !== after && { diff: unifiedDiff(shown(path), before, after) })
    })),
    images: publication.images.map(({ path, published, uploaded }) => ({
      path: shown(path),
      state: uploaded ? "uploaded" : published ? "unchanged" : "pending",
      ...(published && { image_id: published.imageId, cdn_url: published.cdnUrl })
    })),
    problems: publication.problems.map((problem) => ({ ...problem, document: shown(problem.document) }))
  };
}

function unifiedDiff(path: string, before: string, after: string): string {
  return createTwoFilesPatch(`a/${path}`, `b/${path}`, before, after, undefined, undefined, {
    headerOptions: FILE_HEADERS_ONLY
  });
}

/** The answer for people: the diff with `--dry-run`, otherwise what changed and a summary. */
export function describeReport(report: PublishReport, options: PublishOptions): string {
  const changed = report.documents.filter((document) => document.changed);
  if (options.dryRun) return changed.map(({ diff }) => diff).join("");
  const verb = options.check ? "would change" : "rewritten";
  const lines = changed.map(({ path }) => `${plain(path)}: ${verb}`);
  return [...lines, summaryOf(report, changed.length, verb)].join("\n");
}

function summaryOf({ documents, images, problems }: PublishReport, changed: number, verb: string): string {
  const states: ImageState[] = ["uploaded", "unchanged", "pending"];
  const counts = states.map(
    (state) => [images.filter((image) => image.state === state).length, state] as const
  );
  const parts = counts.filter(([count]) => count > 0).map(([count, state]) => `${count} ${state}`);
  const left = problems.length > 0 ? `; ${problems.length} left as they are` : "";
  return `${changed} of ${documents.length} documents ${verb}. Images: ${parts.join(", ") || "none"}${left}.`;
}

/** What people are told beside the answer, line by line. */
export function remarksOn({ images, problems }: PublishReport, options: PublishOptions): string[] {
  const remarks = problems.map(describeProblem);
  const pending = images.filter(({ state }) => state === "pending").length;
  if (options.dryRun && pending > 0) {
    remarks.push(
      `URLs of not-uploaded-yet.invalid stand for the images that are yet to be uploaded (${pending}).`
    );
  }
  if (images.some(({ state }) => state === "uploaded")) {
    remarks.push(`${LOCK_FILE} remembers what was uploaded: keep it under version control.`);
  }
  return remarks;
}

function describeProblem({ document, line, column, url, message }: Problem): string {
  const place = line === undefined ? document : `${document}:${line}:${column}`;
  return plain(url === undefined ? `${place}: ${message}` : `${place}: ${url}: ${message}`);
}
