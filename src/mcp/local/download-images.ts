import type { CallToolResult, Tool } from "@modelcontextprotocol/client";
import { UsageError } from "../../errors.ts";
import type { SavedImage } from "../../transfer/unpack.ts";
import { ICONS, isStrings, type LocalTool } from "./local-tool.ts";
import { byteProgress, type FileAccess, pathPolicyFor } from "./file-access.ts";

const DESCRIPTION: Tool = {
  name: "download_images",
  title: "Download images to a local folder",
  icons: ICONS,
  description:
    "Download images by id to a local folder. Saves the original files. If one of them exists the call fails and " +
    "writes nothing, unless `overwrite` is true.",
  inputSchema: {
    type: "object",
    properties: {
      image_ids: {
        type: "array",
        items: { type: "string" },
        minItems: 1,
        description: 'Ids of the images, for example ["3f0c…"]; list_images has them.'
      },
      folder: {
        type: "string",
        description:
          'Where to put them, for example "assets/images": relative to the project, absolute or ~/...; created if missing.'
      },
      overwrite: {
        type: "boolean",
        description: "Set to true to replace existing files of the same name.",
        default: false
      }
    },
    required: ["image_ids", "folder"]
  },
  outputSchema: {
    type: "object",
    properties: {
      folder: { type: "string" },
      files: {
        type: "array",
        items: {
          type: "object",
          properties: {
            path: { type: "string" },
            size_bytes: { type: "integer" },
            mime_type: { type: "string" }
          },
          required: ["path", "size_bytes", "mime_type"]
        }
      }
    },
    required: ["folder", "files"]
  },
  annotations: { readOnlyHint: false, destructiveHint: true, idempotentHint: false, openWorldHint: true }
};

/** `download_images`: saves original images, by id, to a local folder inside the roots. */
export function downloadImagesTool(access: FileAccess): LocalTool {
  return {
    name: DESCRIPTION.name,
    describe(hosted) {
      const usable = hosted.has("create_bulk_image_download") && hosted.has("retrieve_bulk_image_download");
      return usable ? DESCRIPTION : undefined;
    },
    handles: () => true,
    async call({ image_ids: ids, folder: path, overwrite }, context) {
      if (!isStrings(ids)) throw new UsageError("`image_ids` must be a non-empty array of strings.");
      if (typeof path !== "string") throw new UsageError("`folder` must be a string: the path of a folder.");
      const [{ download }, { prepareFolder }, { hostedDownloads }] = await Promise.all([
        import("../../transfer/download.ts"),
        import("../../transfer/folder.ts"),
        import("../service/transfers.ts")
      ]);
      const folder = await prepareFolder(path, await pathPolicyFor(access, context));
      const destination = { folder, overwrite: overwrite === true };
      const report = byteProgress(context.progress);
      const files = await download([...new Set(ids)], destination, {
        service: hostedDownloads(context),
        http: access.http,
        onBytes: (received, total) => total && report(received, total, "Downloading"),
        signal: context.signal
      });
      return resultOf(folder, files);
    }
  };
}

function resultOf(folder: string, files: readonly SavedImage[]): CallToolResult {
  const structuredContent = {
    folder,
    files: files.map(({ path, size, mimeType }) => ({ path, size_bytes: size, mime_type: mimeType }))
  };
  return { content: [{ type: "text", text: JSON.stringify(structuredContent) }], structuredContent };
}
