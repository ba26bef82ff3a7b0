import { downloadImagesTool } from "../../src/mcp/local/download-images.ts";
import { createConsent, type FileToolOptions } from "../../src/mcp/local/file-access.ts";
import type { LocalTool } from "../../src/mcp/local/local-tool.ts";
import { uploadImageTool } from "../../src/mcp/local/upload-image.ts";
import { uploadImagesTool } from "../../src/mcp/local/upload-images.ts";

/** The local tools that read and write files, by default only in the working directory. */
export function fileTools(
  options: Pick<FileToolOptions, "http" | "cwd" | "home"> & Partial<FileToolOptions>
): readonly LocalTool[] {
  const access = {
    uploadRoots: undefined,
    temp: [],
    platform: process.platform,
    environment: () => undefined,
    ...options,
    consent: createConsent(options.allowAlways)
  };
  return [uploadImageTool(access), uploadImagesTool(access), downloadImagesTool(access)];
}
