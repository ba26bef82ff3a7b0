import { randomBytes } from "node:crypto";
import { mkdir, mkdtemp, realpath, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import sharp from "sharp";
import { removeFolder } from "../support/folder.ts";

/** A fresh folder, with symbolic links resolved, and how to remove it. */
export async function freshFolder(): Promise<{ path: string; remove: () => Promise<void> }> {
  const path = await realpath(await mkdtemp(join(tmpdir(), "imgwire-test-")));
  return { path, remove: () => removeFolder(path) };
}

/** A real picture of a few pixels in a format that sharp writes. */
export function picture(format: "png" | "jpeg" | "webp" | "avif" | "gif" | "tiff" = "png"): Promise<Buffer> {
  const image = sharp({
    create: { width: 16, height: 12, channels: 3, background: { r: 200, g: 90, b: 20 } }
  });
  return image.toFormat(format).toBuffer();
}

/** A file of the given size that is a PNG by its first bytes and noise after that. */
export async function largePng(size: number): Promise<Buffer> {
  const head = await picture("png");
  return Buffer.concat([head, randomBytes(size - head.length)]);
}

/** Writes a file below a folder, making folders as needed. */
export async function put(folder: string, name: string, bytes: Buffer | string): Promise<string> {
  const path = join(folder, name);
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, bytes);
  return path;
}
