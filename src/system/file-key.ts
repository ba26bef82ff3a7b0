import { createHash } from "node:crypto";

/** A file name for any text (a URL, an account, a path): 32 hexadecimal digits of its SHA-256. */
export function fileKey(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, 32);
}
