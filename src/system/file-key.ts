import { createHash } from "node:crypto";

/** A file name for any text (a URL, an account, a path): 32 hexadecimal digits of its SHA-256. */
export function fileKey(text: string): string {
  return sha256(text).slice(0, 32);
}

/** SHA-256 of bytes, or of a text in UTF-8, in hex. */
export function sha256(content: string | Uint8Array): string {
  return createHash("sha256").update(content).digest("hex");
}
