import { randomBytes } from "node:crypto";
import { mkdir, mkdtemp, realpath, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import sharp from "sharp";
import { removeFolder } from "../support/folder.ts";

/** Creates a temporary folder. Its path has no symbolic links. */
export async function freshFolder(): Promise<{ path: string; remove: () => Promise<void> }> {
  const path = await realpath(await mkdtemp(join(tmpdir(), "imgwire-test-")));
  return { path, remove: () => removeFolder(path) };
}

/** A real image of 16 by 12 pixels. */
export function picture(format: "png" | "jpeg" | "webp" | "avif" | "gif" | "tiff" = "png"): Promise<Buffer> {
  const image = sharp({
    create: { width: 16, height: 12, channels: 3, background: { r: 200, g: 90, b: 20 } }
  });
  return image.toFormat(format).toBuffer();
}

/** A complete PNG followed by random bytes, up to this size in bytes. */
export async function largePng(size: number): Promise<Buffer> {
  const head = await picture("png");
  return Buffer.concat([head, randomBytes(size - head.length)]);
}

/** Writes a file in a folder and creates the folders that it needs. @returns its path */
export async function put(folder: string, name: string, bytes: Buffer | string): Promise<string> {
  const path = join(folder, name);
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, bytes);
  return path;
}
