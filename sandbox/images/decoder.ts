import type { default as Sharp } from "sharp";

let loading: Promise<typeof Sharp> | undefined;

/** Loads the image decoder when it is first needed. To limit memory it uses one thread and no cache. */
export function decoder(): Promise<typeof Sharp> {
  loading ??= import("sharp").then(({ default: sharp }) => {
    sharp.cache(false);
    sharp.concurrency(1);
    return sharp;
  });
  return loading;
}
