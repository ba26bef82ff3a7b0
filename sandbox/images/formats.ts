import { extname } from "node:path";
import type { SupportedMimeType } from "../schemas.ts";

/** Supported types with their file extensions, the usual one first. */
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

/** Types that a browser shows as they are. */
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

/** The supported type that a file name suggests. */
export function mimeTypeOf(fileName: string): SupportedMimeType | undefined {
  const extension = extname(fileName).slice(1).toLowerCase();
  const found = Object.entries(extensions).find(([, known]) => known.includes(extension));
  return found?.[0] as SupportedMimeType | undefined;
}
