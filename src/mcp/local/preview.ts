import type { ImageContent } from "@modelcontextprotocol/client";
import type { Http } from "../../system/http.ts";
import { settleWithin } from "../../system/timeout.ts";

/** A preview costs the model as much as a page of text; a larger one would fill its window. */
const MAX_PREVIEW_BYTES = 100 * 1024;
const MAX_PREVIEW_PX = 512;
const PREVIEW_TIMEOUT_MS = 5_000;

/** A small picture of an image from the CDN; undefined where there is none in time or it is too large. */
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
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of body) {
    chunks.push(chunk as Buffer);
    size += (chunk as Buffer).length;
    if (size > MAX_PREVIEW_BYTES || statusCode !== 200 || !type.startsWith("image/")) break;
  }
  if (size > MAX_PREVIEW_BYTES || statusCode !== 200 || !type.startsWith("image/")) return undefined;
  return { type: "image", data: Buffer.concat(chunks).toString("base64"), mimeType: type };
}
