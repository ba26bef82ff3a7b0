import { tmpdir } from "node:os";
import { join } from "node:path";
import type { CallToolResult } from "@modelcontextprotocol/client";
import { explain } from "../../errors.ts";
import type { FileOutcome } from "../../transfer/batch.ts";
import { positionNote } from "./metadata.ts";

/** Bytes that a result may take; what a model is handed of a call is not to fill its window. */
const MAX_RESULT_BYTES = 20_000;
/** What the counts around the files take of it. */
const MAX_FRAME_BYTES = 1_000;
const MAX_ERROR_CHARS = 1_000;

type Summary = { path: string; state: string } & Record<string, unknown>;

/** Counts, then as many files as fit, those that failed first; a local file lists all where not all fit. */
export async function resultOf(outcomes: readonly FileOutcome[]): Promise<CallToolResult> {
  const all = outcomes.map(summaryOf);
  const sent = outcomes.filter((outcome) => "uploaded" in outcome && outcome.uploaded.sent).length;
  const isFailure = ({ state }: Summary): boolean => state === "failed";
  const failed = all.filter(isFailure).length;
  const files = fitting([...all.filter(isFailure), ...all.filter((file) => !isFailure(file))]);
  const structuredContent = {
    uploaded: sent,
    already_there: all.length - sent - failed,
    failed,
    files,
    ...(files.length < all.length && (await restOf(all, files.length)))
  };
  const content = [{ type: "text" as const, text: JSON.stringify(structuredContent) }];
  return { content, structuredContent, ...(failed === all.length && { isError: true }) };
}

function fitting(all: readonly Summary[]): Summary[] {
  let size = MAX_FRAME_BYTES;
  const first = all.findIndex(
    (file) => (size += Buffer.byteLength(JSON.stringify(file)) + 1) > MAX_RESULT_BYTES
  );
  return first < 0 ? [...all] : all.slice(0, first);
}

/** Where the files are that a result has no room for. */
async function restOf(all: readonly Summary[], listed: number): Promise<Record<string, unknown>> {
  const omitted = all.length - listed;
  const path = join(tmpdir(), `imgwire-uploads-${crypto.randomUUID()}.json`);
  try {
    const { writeFileAtomic } = await import("../../system/write.ts");
    await writeFileAtomic(path, `${JSON.stringify(all, undefined, 1)}\n`);
    return { omitted, list_file: path, note: `Not all files are listed here; ${path} lists them all.` };
  } catch {
    const note =
      "Not all files are listed. Call again with fewer paths to see the rest: files already on Imgwire are skipped.";
    return { omitted, note };
  }
}

function summaryOf(outcome: FileOutcome): Summary {
  const { path } = outcome;
  if ("error" in outcome) {
    return { path, state: "failed", error: explain(outcome.error, "agent").slice(0, MAX_ERROR_CHARS) };
  }
  const { image, state, file } = outcome.uploaded;
  const { cdn_url } = image;
  const note = [file.mismatch, positionNote(file)].filter((each) => each !== undefined).join(" ");
  return {
    path,
    image_id: image.id,
    ...(typeof cdn_url === "string" && { cdn_url }),
    state,
    ...(note && { note })
  };
}
