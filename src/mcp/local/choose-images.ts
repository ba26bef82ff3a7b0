import { mkdtemp, realpath, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { CallToolResult, Tool } from "@modelcontextprotocol/client";
import { ImgwireError, UsageError } from "../../errors.ts";
import { harmlessName } from "../../transfer/harmless-name.ts";
import { asFields } from "../service/schemas.ts";
import type { FileAccess, FileToolOptions } from "./file-access.ts";
import { ICONS, type LocalTool, STRIP_METADATA, UPLOADS } from "./local-tool.ts";
import { UPLOADED, uploadFile } from "./upload-image.ts";

const SHOWN =
  "The user sees a drop zone and may choose images there; this page uploads them itself. " +
  "Wait for what the user says next, or call list_images to see what has arrived.";

/** The tools of the upload page, for hosts that render MCP Apps. */
export function uploadPageTools(options: FileToolOptions): readonly LocalTool[] {
  // Only the chosen files can be read, so no consent is needed.
  return [chooseImagesTool, uploadImageBytesTool({ ...options, consent: () => undefined })];
}

/**
 * `choose_images`: shows the user the upload page, where they choose files whose paths the agent doesn't
 * know.
 */
const chooseImagesTool: LocalTool = {
  name: "choose_images",
  describe: (hosted) =>
    canUpload(hosted)
      ? {
          name: "choose_images",
          title: "Let the user choose images",
          icons: ICONS,
          description:
            "Show the user a drop zone in the conversation, where they choose images to upload. " +
            "Use it when they want to upload images and you have no path; with a path, call upload_image.",
          inputSchema: { type: "object", properties: {} },
          outputSchema: { type: "object", properties: { shown: { type: "boolean" } }, required: ["shown"] },
          annotations: UPLOADS
        }
      : undefined,
  handles: () => true,
  call: () =>
    Promise.resolve({ content: [{ type: "text", text: SHOWN }], structuredContent: { shown: true } })
};

/** The largest file, in bytes. As base64, it still fits into the longest line that an agent may send. */
const MAX_BYTES = 10_000_000;

/**
 * `upload_image_bytes`: uploads the bytes of a file from the upload page, which doesn't know its path. Hosts
 * hide this tool from the model (MCP Apps 2026-01-26, tool visibility), which would pay for every byte.
 */
function uploadImageBytesTool(access: FileAccess): LocalTool {
  return {
    name: "upload_image_bytes",
    describe: (hosted) => (canUpload(hosted) ? BYTES_TOOL : undefined),
    handles: () => true,
    async call({ file_name, data, ...args }, context) {
      if (typeof file_name !== "string" || file_name === "")
        throw new UsageError("`file_name` must be the file's name.");
      const bytes = decode(data);
      const folder = await realpath(await mkdtemp(join(tmpdir(), "imgwire-chosen-")));
      const path = join(folder, harmlessName(file_name));
      try {
        await writeFile(path, bytes, { mode: 0o600, flag: "wx" });
        const confined = { ...access, uploadRoots: [folder], alwaysRoots: () => [] };
        const here = { ...context, roots: () => Promise.resolve([]), takesLinks: false };
        return resultWithFileName(await uploadFile(path, args, confined, here), file_name);
      } catch (error) {
        throw errorWithFileName(error, path, file_name);
      } finally {
        await rm(folder, { recursive: true, force: true });
      }
    }
  };
}

const BYTES_TOOL: Tool = {
  name: "upload_image_bytes",
  title: "Upload a chosen image",
  icons: ICONS,
  description: "Uploads a file that the user has chosen on the upload page. Only this page calls it.",
  inputSchema: {
    type: "object",
    properties: {
      file_name: { type: "string", minLength: 1, description: 'For example "hero.png".' },
      data: { type: "string", description: "The file's bytes as base64, at most 10 MB of them." },
      strip_metadata: STRIP_METADATA
    },
    required: ["file_name", "data"]
  },
  outputSchema: UPLOADED,
  annotations: UPLOADS,
  _meta: { ui: { visibility: ["app"] } }
};

function canUpload(hosted: ReadonlyMap<string, Tool>): boolean {
  return hosted.has("upload_image") && hosted.has("retrieve_image");
}

/** Decodes a file. @throws UsageError if `data` isn't base64 or the file is too large */
function decode(data: unknown): Buffer {
  if (typeof data !== "string" || !/^[\w+/-]+={0,2}$/.test(data))
    throw new UsageError("`data` must be the file's bytes as base64.");
  const bytes = Buffer.from(data, "base64");
  if (bytes.length <= MAX_BYTES) return bytes;
  throw new UsageError("The file is larger than 10 MB, too large to be sent through the agent.", {
    hint: "Upload it by its path instead."
  });
}

/** The error, with the name that the user knows instead of the path of our copy. */
function errorWithFileName(error: unknown, path: string, fileName: string): unknown {
  if (!(error instanceof ImgwireError) || !error.message.includes(path)) return error;
  return error.with({ message: error.message.replaceAll(path, fileName) });
}

/** The result, with the name that the user knows instead of the path of our copy. */
function resultWithFileName(result: CallToolResult, fileName: string): CallToolResult {
  const { upload, ...rest } = asFields(result.structuredContent) ?? {};
  const structuredContent = { ...rest, upload: { ...asFields(upload), path: fileName } };
  return { content: [{ type: "text", text: JSON.stringify(structuredContent) }], structuredContent };
}
