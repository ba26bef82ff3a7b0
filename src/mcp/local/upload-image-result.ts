import type { CallToolResult, ContentBlock, ImageContent } from "@modelcontextprotocol/client";
import type { ImageRecord } from "../../transfer/service.ts";
import type { Uploaded } from "../../transfer/upload.ts";
import type { Embed } from "../service/delivery-url.ts";
import { positionNote } from "./metadata.ts";
import { type Fields, parseFields } from "../service/schemas.ts";

/** What a result is made of beside the upload itself. */
export interface ResultParts {
  /** What is needed to show the image; undefined where it has no CDN URL. */
  embed: Embed | undefined;
  /** The small picture; `unavailable` where it was asked for and there is none. */
  preview: ImageContent | "unavailable" | undefined;
  /** Whether the agent takes a `resource_link` for what it is. */
  takesLinks: boolean;
}

/**
 * The result of one upload: as text for the model, which pays for the record once, and whole as structured
 * content. A picture is a block of its own and never part of either.
 */
export function resultOf(uploaded: Uploaded, { embed, preview, takesLinks }: ResultParts): CallToolResult {
  const { path, file, image, state, sent } = uploaded;
  const notes = notesOn(uploaded, preview === "unavailable");
  const structuredContent = {
    ...embed,
    image: withoutBulk(image),
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
    isWithoutPreview ? "No preview could be had; the CDN URL shows the image." : undefined
  ].filter((note) => note !== undefined);
}

/** A member of a record may take this many characters of JSON; EXIF data can fill a model's window. */
const MAX_MEMBER_CHARS = 1_000;

function withoutBulk(image: ImageRecord): ImageRecord {
  const members = Object.entries(image).filter(
    ([, value]) => (JSON.stringify(value) ?? "").length <= MAX_MEMBER_CHARS
  );
  return Object.fromEntries(members) as unknown as ImageRecord;
}

/**
 * A hosted result with the structured content that the output schema promises (MCP, tools, output schema),
 * where it has none: read from its text, which holds the same as JSON.
 */
export function withStructuredContent(result: Record<string, unknown>): Record<string, unknown> {
  const isComplete = Array.isArray(result["content"]) && result["isError"] !== true;
  if (!isComplete || result["structuredContent"] !== undefined) return result;
  const { content } = result as unknown as CallToolResult;
  const text = content.find((block) => block.type === "text")?.text;
  const fields: Fields = parseFields(text) ?? {};
  return { ...result, structuredContent: fields };
}
