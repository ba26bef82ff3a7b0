import type { CallToolResult, Tool } from "@modelcontextprotocol/client";
import { UsageError } from "../../errors.ts";
import { embedOf } from "../service/delivery-url.ts";
import { asFields, factFor } from "../service/schemas.ts";
import { byteProgress, type FileAccess, pathPolicyFor } from "./file-access.ts";
import {
  describeArgument,
  ICONS,
  type LocalCallContext,
  type LocalTool,
  STRIP_METADATA,
  stripsMetadata,
  UPLOADS
} from "./local-tool.ts";
import { previewOf, uploadResult, withStructuredContent } from "./upload-result.ts";

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
    adapt: withStructuredContent,
    async call({ path, ...args }, context) {
      if (typeof path !== "string") throw new UsageError("`path` must be a string: the path of one file.");
      return uploadFile(path, args, access, context);
    }
  };
}

/**
 * Uploads one file. The result includes Markdown and HTML for showing the image.
 * @param args the call's other arguments
 */
export async function uploadFile(
  path: string,
  { alt, preview, strip_metadata, ...given }: Record<string, unknown>,
  access: FileAccess,
  context: LocalCallContext
): Promise<CallToolResult> {
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
  const picture =
    preview === true && embed && (await previewOf(embed.cdn_url, await access.http(), context.signal));
  return uploadResult(uploaded, {
    embed,
    preview: picture || (preview === true ? "unavailable" : undefined),
    takesLinks: context.takesLinks
  });
}

const ARGUMENTS = {
  path: {
    type: "string",
    description:
      'Local image file, for example "docs/logo.png": relative to the project, absolute, ~/... or file://.... ' +
      "The server reads and uploads it and waits until it is ready."
  },
  alt: {
    type: "string",
    description: 'Alternative text for the Markdown and HTML, for example "Our logo". Only with `path`.'
  },
  strip_metadata: STRIP_METADATA,
  preview: {
    type: "boolean",
    description:
      "Set to true to also get a small picture of the image to look at. Only with `path`; default false."
  }
};

/**
 * Members of the result that only a call with `path` has: code for showing the image, and how it was
 * uploaded.
 */
const MEMBERS = {
  cdn_url: { type: "string" },
  markdown: { type: "string" },
  html: { type: "string" },
  presets: {
    type: "object",
    description: "CDN URLs of smaller versions.",
    additionalProperties: { type: "string" }
  },
  upload: {
    type: "object",
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
  }
};

const IMAGE = {
  type: "object",
  description: "The image record: id, status, cdn_url, width, height and more."
};

/** The output schema for the upload of a file. */
export const UPLOADED = {
  type: "object",
  properties: { image: IMAGE, ...MEMBERS },
  required: ["image", "upload"]
} satisfies Tool["outputSchema"];

/**
 * Describes the hosted tool with `path` as its first argument. Arguments that `path` fills in are no longer
 * required. The annotations are our own.
 */
function describeWithPath(tool: Tool): Tool {
  const { outputSchema, inputSchema, ...rest } = tool;
  const { required, ...schema } = inputSchema;
  const needed = required?.filter((name) => factFor(name) === undefined) ?? [];
  const properties = Object.entries(schema.properties ?? {}).map(([name, each]) => [
    name,
    describeArgument(name, each)
  ]);
  return {
    title: "Upload an image",
    icons: ICONS,
    ...rest,
    description:
      "Upload a local image file: pass `path`. Returns the image's id, its cdn_url, and Markdown and HTML to paste. " +
      `(Without \`path\`, for a file that this machine can't read: ${tool.description ?? "returns a presigned URL."})`,
    inputSchema: {
      ...schema,
      properties: { ...ARGUMENTS, ...(Object.fromEntries(properties) as object) },
      ...(needed.length > 0 && { required: needed })
    },
    outputSchema: outputOf(outputSchema),
    annotations: { ...(tool.annotations?.title && { title: tool.annotations.title }), ...UPLOADS }
  };
}

/**
 * An output schema that fits both forms of the call. With `path`, the image record is the final one, and
 * there is no upload URL, because it is no longer needed. Without `path`, the result follows the hosted
 * schema, but rules across its members, such as `anyOf`, can't be kept. A member that exists in both forms
 * may have any type.
 */
function outputOf(schema: Tool["outputSchema"]): NonNullable<Tool["outputSchema"]> {
  const theirs = asFields(schema?.["properties"]) ?? {};
  const image = asFields(theirs["image"]);
  const required = schema?.["required"];
  const isRequired = Array.isArray(required) && required.includes("image");
  const members = Object.entries(MEMBERS).map(([name, ours]) => [name, name in theirs ? {} : ours]);
  const definitions = Object.entries(schema ?? {}).filter(([name]) => /^(\$defs|definitions)$/.test(name));
  return {
    ...Object.fromEntries(definitions),
    type: "object",
    ...(isRequired && { required: ["image"] }),
    properties: {
      ...theirs,
      ...Object.fromEntries(members),
      image: image === undefined || image["type"] === "object" ? IMAGE : { description: IMAGE.description }
    }
  };
}
