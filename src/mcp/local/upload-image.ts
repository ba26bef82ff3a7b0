import type { CallToolResult, ContentBlock, Tool } from "@modelcontextprotocol/client";
import { UsageError } from "../../errors.ts";
import type { Uploaded } from "../../transfer/upload.ts";
import { byteProgress, type FileAccess, pathPolicyFor } from "./file-access.ts";
import { described, type LocalCallContext, type LocalTool, UPLOADS } from "./local-tool.ts";
import { positionNote, STRIP_METADATA, stripsMetadata } from "./metadata.ts";
import { previewOf } from "./preview.ts";
import { asFields, factFor } from "../service/schemas.ts";
import { type Embed, embedOf } from "../service/delivery-url.ts";

const ARGUMENTS = {
  path: {
    type: "string",
    description:
      'Local image file, for example "docs/logo.png": relative to the project, absolute, ~/... or file://.... ' +
      "The server reads and uploads it and waits until it is ready; leave file_name, mime_type, content_length and hash_sha256 out."
  },
  alt: {
    type: "string",
    description: 'Alternative text for the Markdown and HTML, for example "Our logo". Only with `path`.'
  },
  strip_metadata: STRIP_METADATA,
  preview: {
    type: "boolean",
    description: "Also return a small picture of the image to look at. Only with `path`; default false."
  }
};

const UPLOAD = {
  type: "object",
  description: "How the local file was uploaded; only with `path`.",
  properties: {
    path: { type: "string" },
    mime_type: { type: "string" },
    size_bytes: { type: "integer" },
    hash_sha256: { type: "string" },
    state: { type: "string", enum: ["ready", "processing"] },
    sent: { type: "boolean", description: "False if Imgwire already had this file." },
    note: { type: "string" }
  },
  required: ["path", "mime_type", "size_bytes", "hash_sha256", "state", "sent"]
};

const EMBED = {
  cdn_url: { type: "string" },
  markdown: { type: "string" },
  html: { type: "string" },
  presets: { type: "object", additionalProperties: { type: "string" } }
};

/**
 * `upload_image` with `path`: uploads a local file. Without `path` the hosted tool of the same name is
 * called.
 */
export function uploadImageTool(access: FileAccess): LocalTool {
  return {
    name: "upload_image",
    describe(hosted) {
      const tool = hosted.get("upload_image");
      return tool && hosted.has("retrieve_image") ? describeWithPath(tool) : undefined;
    },
    handles: (args) => args["path"] !== undefined,
    async call({ path, alt, preview, strip_metadata, ...given }, context) {
      if (typeof path !== "string") throw new UsageError("`path` must be a string: the path of one file.");
      if (alt !== undefined && typeof alt !== "string") throw new UsageError("`alt` must be a string.");
      const [{ upload }, { hostedUploads }] = await Promise.all([
        import("../../transfer/upload.ts"),
        import("../service/transfers.ts")
      ]);
      const report = byteProgress(context.progress);
      const uploaded = await upload(path, {
        service: hostedUploads(context, { given, environment: access.environment() }),
        http: access.http,
        policy: await pathPolicyFor(access, context),
        ask: access.consent(context),
        stripMetadata: stripsMetadata(strip_metadata, access.stripMetadata),
        onBytes: (sent, { size, fileName }) => report(sent, size, `Uploading ${fileName}`),
        signal: context.signal
      });
      const embed = embedOf(uploaded.image, alt ?? "", (await context.hostedTools()).get("get_image_url"));
      const result = resultOf(uploaded, embed, context);
      if (preview !== true || !embed) return result;
      const picture = await previewOf(embed.cdn_url, await access.http(), context.signal);
      return picture ? { ...result, content: [...result.content, picture] } : result;
    }
  };
}

/**
 * The hosted tool as one that takes `path` first, without demanding what `path` fills in; what it does is
 * ours to say.
 */
function describeWithPath(tool: Tool): Tool {
  const { outputSchema, inputSchema, ...rest } = tool;
  const { required, ...schema } = inputSchema;
  const needed = required?.filter((name) => factFor(name) === undefined) ?? [];
  const output = relaxed(outputSchema);
  const properties = Object.entries(schema.properties ?? {}).map(([name, each]) => [
    name,
    described(name, each)
  ]);
  return {
    ...rest,
    description:
      "Upload a local image file: pass `path`. Returns the image's id, its cdn_url, and Markdown and HTML to paste. " +
      `(Without \`path\`, for a file that this machine can't read: ${tool.description ?? "returns a presigned URL."})`,
    inputSchema: {
      ...schema,
      properties: { ...ARGUMENTS, ...(Object.fromEntries(properties) as object) },
      ...(needed.length > 0 && { required: needed })
    },
    ...(output && { outputSchema: output }),
    annotations: { ...(tool.annotations?.title && { title: tool.annotations.title }), ...UPLOADS }
  };
}

/**
 * An output schema that fits both forms of the call: with `path` there is no upload URL to show, for nobody
 * needs it any more. One that can't be read is left out, and with it the promise.
 */
function relaxed(schema: Tool["outputSchema"]): Tool["outputSchema"] {
  const properties = asFields(schema?.["properties"]);
  if (schema?.["type"] !== "object" || !properties?.["image"]) return undefined;
  const needed = Array.isArray(schema["required"]) && schema["required"].includes("image");
  return {
    ...schema,
    properties: { ...properties, ...EMBED, upload: UPLOAD },
    required: needed ? ["image"] : []
  };
}

function resultOf(uploaded: Uploaded, embed: Embed | undefined, context: LocalCallContext): CallToolResult {
  const { path, file, image, state, sent } = uploaded;
  const notes = [
    file.mismatch,
    positionNote(file),
    sent ? undefined : "Imgwire already had this file, so nothing was sent.",
    state === "ready"
      ? undefined
      : "The image is stored but still being processed: poll retrieve_image until READY."
  ].filter((note) => note !== undefined);
  const structuredContent = {
    ...embed,
    image,
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
  // A model that reads both pays for the record once.
  const { id, status, width, height } = image;
  const summary = { ...structuredContent, image: { id, status, width, height } };
  const content: ContentBlock[] = [{ type: "text", text: JSON.stringify(summary) }];
  if (embed && context.takesLinks) {
    content.push({
      type: "resource_link",
      uri: embed.cdn_url,
      name: file.fileName,
      mimeType: file.mimeType,
      size: file.size
    });
  }
  return { content, structuredContent };
}
