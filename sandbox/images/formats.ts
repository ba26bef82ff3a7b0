import { extname } from "node:path";
import type { SupportedMimeType } from "../schemas.ts";

/** The supported types with their file extensions, the most common first. */
const extensions: Record<SupportedMimeType, readonly string[]> = {
  "image/jpeg": ["jpg", "jpeg", "jpe", "jfif"],
  "image/jxl": ["jxl"],
  "image/png": ["png"],
  "image/webp": ["webp"],
  "image/avif": ["avif"],
  "image/gif": ["gif"],
  "image/vnd.microsoft.icon": ["ico"],
  "image/heic": ["heic", "heif"],
  "image/bmp": ["bmp", "dib"],
  "image/tiff": ["tiff", "tif"]
};

/** The types that browsers can display. */
export const directlyDeliverable: ReadonlySet<SupportedMimeType> = new Set([
  "image/jpeg",
  "image/png",
  "image/webp",
  "image/avif",
  "image/gif"
]);

export function extensionOf(mimeType: SupportedMimeType): string {
  return extensions[mimeType][0]!;
}

/** Guesses a supported type from a file name. */
export function mimeTypeOf(fileName: string): SupportedMimeType | undefined {
  const extension = extname(fileName).slice(1).toLowerCase();
  const found = Object.entries(extensions).find(([, known]) => known.includes(extension));
  return found?.[0] as SupportedMimeType | undefined;
}
