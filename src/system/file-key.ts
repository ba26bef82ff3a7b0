import { createHash } from "node:crypto";

/** Derives a file name from any text (a URL, an account, a path): the first digits of its SHA-256 in hex. */
export function fileKey(text: string, digits = 32): string {
  return sha256(text).slice(0, digits);
}

/** SHA-256 of bytes, or of a text in UTF-8, in hex. */
export function sha256(content: string | Uint8Array): string {
  return createHash("sha256").update(content).digest("hex");
}
