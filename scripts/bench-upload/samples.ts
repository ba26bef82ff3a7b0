import { randomBytes } from "node:crypto";
import sharp from "sharp";

/** A real PNG of a few pixels. */
export function picture(): Promise<Buffer> {
  const background = { r: 200, g: 90, b: 20 };
  return sharp({ create: { width: 16, height: 12, channels: 3, background } })
    .png()
    .toBuffer();
}

/** A file of `size` bytes that starts like a PNG, followed by noise. */
export async function largePng(size: number): Promise<Buffer> {
  const head = await picture();
  const noise = randomBytes(size - head.length);
  // Keeps the noise from starting like another file type by chance.
  noise.fill(0, 0, 64);
  return Buffer.concat([head, noise]);
}
