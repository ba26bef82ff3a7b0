import { tmpdir } from "node:os";
import { join } from "node:path";
import type { CallToolResult, ContentBlock, ImageContent } from "@modelcontextprotocol/client";
import { explain } from "../../errors.ts";
import { readAtMost } from "../../system/body.ts";
import type { Http } from "../../system/http.ts";
import { parseJsonObject } from "../../system/json.ts";
import { settleWithin } from "../../system/timeout.ts";
import type { FileOutcome } from "../../transfer/batch.ts";
import type { ImageRecord } from "../../transfer/service.ts";
import type { Uploaded } from "../../transfer/upload.ts";
import { toToolResult } from "../calls/hosted-tools.ts";
import type { Embed } from "../service/delivery-url.ts";
import type { Fields } from "../service/schemas.ts";
import { positionNote } from "./local-tool.ts";

/** What a result contains besides the upload itself. */
export interface ResultParts {
  /** Code for showing the image; undefined if it has no CDN URL. */
  embed: Embed | undefined;
  /** The preview; `unavailable` if one was requested but there is none. */
  preview: ImageContent | "unavailable" | undefined;
  /** Whether the result may have a `resource_link`. */
  takesLinks: boolean;
}

/**
 * The result of one upload: a summary as text, because the model pays for every token of it, and everything
 * as structured content. A preview is a separate block.
 */
export function uploadResult(
  uploaded: Uploaded,
  { embed, preview, takesLinks }: ResultParts
): CallToolResult {
  const { path, file, image, state, sent } = uploaded;
  const notes = notesOn(uploaded, preview === "unavailable");
  const structuredContent = {
    ...embed,
    image: withoutLargeMembers(image),
    upload: {
      path,
      mime_type: file.mimeType,
      size_bytes: file.size,
      hash_sha256: file.sha256,
      state,
      sent,
      ...(notes.length > 0 && { note: notes.join(" ") })
    }
  };
  const { id, status, width, height } = image;
  const summary = { ...structuredContent, image: { id, status, width, height } };
  const content: ContentBlock[] = [{ type: "text", text: JSON.stringify(summary) }];
  if (embed && takesLinks) {
    content.push({
      type: "resource_link",
      uri: embed.cdn_url,
      name: file.fileName,
      mimeType: file.mimeType,
      size: file.size
    });
  }
  if (preview && preview !== "unavailable") content.push(preview);
  return { content, structuredContent };
}

function notesOn({ file, state, sent }: Uploaded, isWithoutPreview: boolean): string[] {
  return [
    file.mismatch,
    positionNote(file),
    sent ? undefined : "Imgwire already had this file, so nothing was sent.",
    state === "ready"
      ? undefined
      : "The image is stored but still being processed: poll retrieve_image until READY.",
    isWithoutPreview ? "No preview is available; the CDN URL shows the image." : undefined
  ].filter((note) => note !== undefined);
}

/**
 * The most characters of JSON in a member of an image record. EXIF data could fill a model's context window.
 */
const MAX_MEMBER_CHARS = 1_000;

function withoutLargeMembers(image: ImageRecord): ImageRecord {
  const members = Object.entries(image).filter(
    ([, value]) => (JSON.stringify(value) ?? "").length <= MAX_MEMBER_CHARS
  );
  return Object.fromEntries(members) as unknown as ImageRecord;
}

/**
 * Adds the structured content that the output schema promises (MCP, tools, output schema) to a hosted result
 * that has none, by parsing its text as JSON.
 */
export function withStructuredContent(result: Record<string, unknown>): Record<string, unknown> {
  const isComplete = Array.isArray(result["content"]) && result["isError"] !== true;
  if (!isComplete || result["structuredContent"] !== undefined) return result;
  const text = toToolResult(result).content.find((block) => block.type === "text")?.text;
  const fields: Fields = parseJsonObject(text ?? "") ?? {};
  return { ...result, structuredContent: fields };
}

/** The most bytes in a result, so that a call doesn't fill the model's context window. */
const MAX_RESULT_BYTES = 20_000;
/** The part of that limit reserved for the counts around the files. */
const MAX_FRAME_BYTES = 1_000;
const MAX_ERROR_CHARS = 1_000;

type Summary = { path: string; state: string } & Record<string, unknown>;

/**
 * The result of many uploads: the counts, then as many files as fit, failed ones first. If not all fit, a
 * local file lists them all.
 */
export async function uploadsResult(outcomes: readonly FileOutcome[]): Promise<CallToolResult> {
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
    ...(files.length < all.length && (await saveList(all, files.length)))
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

/** Saves the whole list to a local file. @returns members of the result that say where it is */
async function saveList(all: readonly Summary[], listed: number): Promise<Record<string, unknown>> {
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

/**
 * A preview of this size costs the model about as much as a page of text; a larger one would fill its context
 * window.
 */
const MAX_PREVIEW_BYTES = 100 * 1024;
const MAX_PREVIEW_PX = 512;
const PREVIEW_TIMEOUT_MS = 5_000;

/**
 * Fetches a small version of an image from the CDN; undefined if it doesn't arrive in time or is too large.
 */
export async function previewOf(
  cdnUrl: string,
  http: Http,
  signal: AbortSignal
): Promise<ImageContent | undefined> {
  const url = URL.canParse(cdnUrl) ? new URL(cdnUrl) : undefined;
  if (!url?.protocol.startsWith("http")) return undefined;
  url.searchParams.set("width", String(MAX_PREVIEW_PX));
  url.searchParams.set("format", "webp");
  url.searchParams.set("quality", "70");
  return settleWithin(PREVIEW_TIMEOUT_MS, fetchPreview(url, http, signal));
}

async function fetchPreview(url: URL, http: Http, signal: AbortSignal): Promise<ImageContent | undefined> {
  const { statusCode, headers, body } = await http.request(url, "server", { signal });
  const type = String(headers["content-type"] ?? "").split(";", 1)[0]!;
  const isPicture = statusCode === 200 && type.startsWith("image/");
  const bytes = await readAtMost(body, isPicture ? MAX_PREVIEW_BYTES : 0);
  return isPicture && bytes ? { type: "image", data: bytes.toString("base64"), mimeType: type } : undefined;
}
