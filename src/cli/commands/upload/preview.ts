import { EXIT, type ErrorReport, exitCodeOf } from "../../../errors.ts";
import type { KnownUpload } from "../../../transfer/batch.ts";
import type { Gathered } from "../../../transfer/gather.ts";
import { inspect } from "../../../transfer/inspect.ts";
import { approveFile } from "../../../transfer/open.ts";
import type { PathPolicy } from "../../../transfer/roots.ts";
import type { FileCache } from "../../../transfer/file-cache.ts";
import { openForUpload } from "../../../transfer/upload.ts";
import type { Invocation } from "../../command.ts";
import { shownError } from "../../ui/error.ts";
import { plain } from "../../ui/output.ts";
import { humanBytes } from "../../ui/progress.ts";
import { describeFailure, LOCATION_REMARK } from "./report.ts";

/** A file in the output of `imgwire upload --dry-run --json`. */
type PreviewedFile =
  | {
      path: string;
      /** `unchanged` means that it was uploaded before, so Imgwire wouldn't be asked about it. */
      state: "would_upload" | "unchanged";
      size_bytes: number;
      mime_type: string;
      has_position?: true;
    }
  | { path: string; state: "failed"; error: ErrorReport };

interface PreviewOptions {
  policy: PathPolicy;
  stripMetadata: boolean | undefined;
  memory: FileCache<KnownUpload> | undefined;
}

/** Previews an upload without contacting Imgwire. */
export async function previewUpload(
  { out, signal }: Invocation,
  gathered: readonly Gathered[],
  options: PreviewOptions
): Promise<number> {
  const files: PreviewedFile[] = [];
  let code: number = EXIT.done;
  for (const file of gathered) {
    try {
      if ("error" in file) throw file.error;
      files.push(await previewed(file.path, options, signal));
    } catch (error) {
      signal.throwIfAborted();
      files.push({ path: file.path, state: "failed", error: shownError(error) });
      code = gathered.length === 1 ? exitCodeOf(error) : EXIT.failed;
    }
  }
  for (const file of files) {
    if (file.state === "failed") out.note(describeFailure(file));
    else if (file.has_position) out.note(`${plain(file.path)} ${LOCATION_REMARK}`);
  }
  const count = (state: PreviewedFile["state"]): number =>
    files.filter((file) => file.state === state).length;
  const counts = {
    would_upload: count("would_upload"),
    unchanged: count("unchanged"),
    failed: count("failed")
  };
  out.answer({ ...counts, files }, () => files.flatMap(describe).join("\n") || "Nothing to upload.");
  return code;
}

async function previewed(
  path: string,
  { policy, stripMetadata, memory }: PreviewOptions,
  signal: AbortSignal
): Promise<PreviewedFile> {
  const known = memory?.get(await approveFile(path, policy));
  const file = known?.file ?? (await inspected(path, { policy, stripMetadata, signal }));
  return {
    path,
    state: known ? "unchanged" : "would_upload",
    size_bytes: file.size,
    mime_type: file.mimeType,
    ...(!known && file.hasPosition && { has_position: true as const })
  };
}

async function inspected(path: string, options: Parameters<typeof openForUpload>[1]) {
  const file = await openForUpload(path, options);
  return inspect(file, options.signal).finally(() => file.handle.close());
}

function describe(file: PreviewedFile): string[] {
  if (file.state === "failed") return [];
  const what = file.state === "unchanged" ? "already uploaded" : "would be uploaded";
  return [`${plain(file.path)}: ${what}, ${humanBytes(file.size_bytes)}`];
}
