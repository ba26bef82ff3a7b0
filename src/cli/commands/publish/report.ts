import { createTwoFilesPatch, FILE_HEADERS_ONLY } from "diff";
import { LOCK_FILE } from "../../../documents/lock-file.ts";
import type { Publication } from "../../../documents/publication.ts";
import type { Problem } from "../../../documents/survey.ts";
import { slashPath } from "../../../system/path.ts";
import { plain } from "../../ui/output.ts";
import { LOCATION_REMARK } from "../upload/report.ts";
import type { PublishOptions } from "./options.ts";

/**
 * The result of `imgwire publish`, exactly as printed with `--json`. Paths are relative to the working
 * directory.
 */
export interface PublishReport {
  documents: { path: string; changed: boolean; diff?: string }[];
  images: ImageReport[];
  problems: Problem[];
  /** The number of files in unsupported formats, by extension. */
  unread: Record<string, number>;
}

interface ImageReport {
  path: string;
  state: ImageState;
  image_id?: string;
  cdn_url?: string;
  /** The image contains the location where it was taken, and this run publishes it or would do so. */
  has_position?: true;
}

/**
 * `pending` means not uploaded yet in a preview, or that the upload failed, in which case a problem says why.
 */
type ImageState = "uploaded" | "unchanged" | "pending";

/** Builds the report. With `--dry-run` it contains unified diffs that `git apply` accepts. */
export function reportOf(
  publication: Publication,
  { dryRun }: PublishOptions,
  cwd: string,
  unread: ReadonlyMap<string, number>
): PublishReport {
  const shown = (path: string): string => slashPath(cwd, path) || path;
  return {
    documents: publication.documents.map(({ path, before, after }) => ({
      path: shown(path),
      changed: before !== after,
      ...(dryRun && before !== after && { diff: unifiedDiff(shown(path), before, after) })
    })),
    images: publication.images.map(({ path, published, uploaded, hasPosition }) => ({
      path: shown(path),
      state: uploaded ? "uploaded" : published ? "unchanged" : "pending",
      ...(hasPosition && (uploaded || !published) && { has_position: true as const }),
      ...(published && { image_id: published.imageId, cdn_url: published.cdnUrl })
    })),
    problems: publication.problems.map((problem) => ({ ...problem, document: shown(problem.document) })),
    unread: Object.fromEntries(unread)
  };
}

function unifiedDiff(path: string, before: string, after: string): string {
  return createTwoFilesPatch(`a/${path}`, `b/${path}`, before, after, undefined, undefined, {
    headerOptions: FILE_HEADERS_ONLY
  });
}

/** Formats the report for people: the diff with `--dry-run`, otherwise the changes and a summary. */
export function describeReport(report: PublishReport, options: PublishOptions): string {
  const changed = report.documents.filter((document) => document.changed);
  if (options.dryRun) return changed.map(({ diff }) => diff).join("");
  const done = options.undo ? "restored" : "updated";
  const preview = options.dryRun === true || options.check === true;
  const lines = changed.map(({ path }) => `${plain(path)}: ${preview ? "would change" : done}`);
  const summary =
    changed.length === 0
      ? "Nothing to change"
      : `${preview ? "Would update" : capital(done)} ${plural(changed.length, "document")}`;
  return [...lines, `${summary}.${imagesOf(report)}`].join("\n");
}

function imagesOf({ images, problems }: PublishReport): string {
  const count = (state: ImageState): number => images.filter((image) => image.state === state).length;
  const problem = (code: string): number => problems.filter((each) => each.code === code).length;
  const [missing, unresolved] = [problem("missing"), problem("unresolved")];
  const counts: [number, string][] = [
    [count("uploaded"), "uploaded"],
    [count("unchanged"), "already published"],
    [count("pending"), "not uploaded yet"],
    [missing, "missing"],
    [unresolved, "not resolved"],
    [problems.length - missing - unresolved, "skipped"]
  ];
  const parts = counts
    .filter(([number]) => number > 0)
    .map(([number, state]) => `${plural(number, "image")} ${state}`);
  return parts.length > 0 ? ` ${parts.join(", ")}.` : "";
}

function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** Remarks for people about the result, one per line. */
export function remarksOn(report: PublishReport, options: PublishOptions): string[] {
  const { images, problems, unread } = report;
  const remarks = problems.map(describeProblem);
  if (options.dryRun && !report.documents.some(({ changed }) => changed)) remarks.push("Nothing to change.");
  for (const [extension, count] of Object.entries(unread)) {
    remarks.push(`Skipped ${count} ${extension} ${count === 1 ? "file" : "files"} (unsupported format).`);
  }
  const positioned = images.filter(({ has_position }) => has_position);
  for (const { path } of positioned) remarks.push(`${plain(path)} ${LOCATION_REMARK}`);
  const pending = images.filter(({ state }) => state === "pending").length;
  if (options.dryRun && pending > 0) {
    const [images, urls] =
      pending === 1
        ? ["1 image", "Its URL below is a placeholder"]
        : [`${pending} images`, "Their URLs below are placeholders"];
    remarks.push(`${images} would be uploaded. ${urls} (not-uploaded-yet.invalid).`);
  }
  if (images.some(({ state }) => state === "uploaded")) {
    remarks.push(`Wrote ${LOCK_FILE}: commit it, so that unchanged images aren't uploaded again.`);
  }
  return remarks;
}

function describeProblem({ document, line, column, url, message }: Problem): string {
  const place = line === undefined ? document : `${document}:${line}:${column}`;
  return plain(url === undefined ? `${place}: ${message}` : `${place}: ${url}: ${message}`);
}
