import { randomBytes } from "node:crypto";
import sharp from "sharp";

/** A real PNG of a few pixels. */
export function picture(): Promise<Buffer> {
  const background = { r: 200, g: 90, b: 20 };
  return sharp({ create: { width: 16, height: 12, channels: 3, background } })
    .png()
    .toBuffer();
}

/** A file of `size` bytes that is a PNG by its first bytes and noise after that. */
export async function largePng(size: number): Promise<Buffer> {
  const head = await picture();
  const noise = randomBytes(size - head.length);
  // By chance it might begin like another file.
  noise.fill(0, 0, 64);
  return Buffer.concat([head, noise]);
}
