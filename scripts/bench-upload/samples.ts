import { randomBytes } from "node:crypto";
import sharp from "sharp";

/** A real PNG of 16 by 12 pixels. */
export function picture(): Promise<Buffer> {
  const background = { r: 200, g: 90, b: 20 };
  return sharp({ create: { width: 16, height: 12, channels: 3, background } })
    .png()
    .toBuffer();
}

/** A complete PNG followed by random bytes, up to `size` bytes. */
export async function largePng(size: number): Promise<Buffer> {
  const head = await picture();
  const noise = randomBytes(size - head.length);
  // Zeros keep the noise from starting like another file type by chance.
  noise.fill(0, 0, 64);
  return Buffer.concat([head, noise]);
}
