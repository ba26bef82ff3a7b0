import type { CallToolResult, Tool } from "@modelcontextprotocol/client";
import { UsageError } from "../../errors.ts";
import type { Uploaded } from "../../transfer/upload.ts";
import type { LocalTool } from "./local-tool.ts";
import { byteProgress } from "./byte-progress.ts";
import { factFor } from "../service/arguments.ts";
import { type FileAccess, pathPolicyFor } from "./file-access.ts";
import { asFields } from "../service/result.ts";

const PATH = {
  type: "string",
  description:
    "Local image file to upload: an absolute path, ~/..., file://..., or relative to the project. The file is read, " +
    "sent and waited for by this program; the arguments about the file are filled in."
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
    sent: { type: "boolean", description: "False when the service had this file already." },
    note: { type: "string" }
  },
  required: ["path", "mime_type", "size_bytes", "hash_sha256", "state", "sent"]
};

/** `upload_image` with `path`: uploads a local file. Without `path` the hosted tool of the same name is called. */
export function uploadImageTool(access: FileAccess): LocalTool {
  return {
    name: "upload_image",
    describe(hosted) {
      const tool = hosted.get("upload_image");
      return tool && hosted.has("retrieve_image") ? describeWithPath(tool) : undefined;
    },
    handles: (args) => args["path"] !== undefined,
    async call(args, context) {
      const { path, ...given } = args;
      if (typeof path !== "string") throw new UsageError("`path` must be the path of one file, as a text.");
      const [{ upload }, { hostedUploads }] = await Promise.all([
        import("../../transfer/upload.ts"),
        import("../service/uploads.ts")
      ]);
      const report = byteProgress(context.progress);
      const uploaded = await upload(path, {
        service: hostedUploads(context, { given, environment: access.environment() }),
        http: access.http,
        policy: await pathPolicyFor(access, context),
        ask: access.consent(context),
        onBytes: (sent, { size, fileName }) => report(sent, size, `Sending ${fileName}`),
        signal: context.signal
      });
      return resultOf(uploaded);
    }
  };
}

/** The hosted tool's own description, with `path` in it and without demanding what `path` fills in. */
function describeWithPath(tool: Tool): Tool {
  const { outputSchema, inputSchema, ...rest } = tool;
  const { required, ...schema } = inputSchema;
  const demanded = required?.filter((name) => factFor(name) === undefined) ?? [];
  const output = relaxed(outputSchema);
  return {
    ...rest,
    description:
      `${tool.description ?? ""}\n\nFor a file on this machine pass \`path\` alone: the upload is done for you.`.trim(),
    inputSchema: {
      ...schema,
      properties: { path: PATH, ...schema.properties },
      ...(demanded.length > 0 && { required: demanded })
    },
    ...(output && { outputSchema: output })
  };
}

/**
 * An output schema that fits both forms of the call: with `path` there is no upload URL to show, for nobody needs it
 * any more. One that cannot be read is left out, and with it the promise.
 */
function relaxed(schema: Tool["outputSchema"]): Tool["outputSchema"] {
  const properties = asFields(schema?.["properties"]);
  if (schema?.["type"] !== "object" || !properties?.["image"]) return undefined;
  const demanded = Array.isArray(schema["required"]) && schema["required"].includes("image");
  return {
    ...schema,
    properties: { ...properties, upload: UPLOAD },
    required: demanded ? ["image"] : []
  };
}

function resultOf({ path, file, image, state, sent }: Uploaded): CallToolResult {
  const notes = [
    file.mismatch,
    sent ? undefined : "The service had this file already, so nothing was sent.",
    state === "ready"
      ? undefined
      : "The image is stored but still being processed: poll retrieve_image until READY."
  ].filter((note) => note !== undefined);
  const structuredContent = {
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
  return { content: [{ type: "text", text: JSON.stringify(structuredContent) }], structuredContent };
}
