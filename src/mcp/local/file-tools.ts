import type { LocalTool } from "./local-tool.ts";
import { downloadImagesTool } from "./download-images.ts";
import { createConsent, type FileAccess, type FileToolOptions } from "./file-access.ts";
import { uploadImageTool } from "./upload-image.ts";
import { uploadImagesTool } from "./upload-images.ts";

/**
 * The local tools that read and write files; a folder that the user has allowed is allowed for all of them.
 */
export function fileTools(options: FileToolOptions): readonly LocalTool[] {
  const access: FileAccess = { ...options, consent: createConsent(options.allowAlways) };
  return [uploadImageTool(access), uploadImagesTool(access), downloadImagesTool(access)];
}
