import type { default as Sharp } from "sharp";

let loading: Promise<typeof Sharp> | undefined;

/**
 * The image decoder, loaded when it is first needed, and kept small: one thread, nothing cached between
 * images.
 */
export function decoder(): Promise<typeof Sharp> {
  loading ??= import("sharp").then(({ default: sharp }) => {
    sharp.cache(false);
    sharp.concurrency(1);
    return sharp;
  });
  return loading;
}
