import type { Sharp } from "sharp";
import { decoder } from "../images/decoder.ts";
import type { Transforms } from "./transforms.ts";

export interface Rendered {
  bytes: Buffer;
  contentType: string;
}

const contentTypes = {
  jpg: "image/jpeg",
  png: "image/png",
  webp: "image/webp",
  avif: "image/avif",
  gif: "image/gif",
  tiff: "image/tiff"
} as const;
type Format = keyof typeof contentTypes;

/**
 * Renders a variant of an image.
 * @param accept the request's Accept header, which decides what `format: "auto"` means
 * @throws if the image can't be decoded or the crop is outside it
 */
export async function render(
  path: string,
  extension: string,
  transforms: Transforms,
  accept: string
): Promise<Rendered> {
  const sharp = await decoder();
  const image = sharp(path, { animated: extension === "gif" || extension === "webp" }).autoOrient();
  adjust(resize(image, transforms), transforms);
  const format = chooseFormat(transforms.format, extension, accept);
  const bytes = await encode(image, format, transforms.quality).toBuffer();
  return { bytes, contentType: contentTypes[format] };
}

function resize(
  image: Sharp,
  { width, height, resizing_type, dpr = 1, gravity, crop, background }: Transforms
): Sharp {
  if (crop) {
    const [left, top, cropWidth, cropHeight] = crop;
    image.extract({ left, top, width: cropWidth, height: cropHeight });
  }
  if (width === undefined && height === undefined) return image;
  const scale = (size: number | undefined) =>
    size === undefined ? undefined : Math.max(1, Math.round(size * dpr));
  return image.resize({
    ...(width !== undefined && { width: scale(width)! }),
    ...(height !== undefined && { height: scale(height)! }),
    fit: resizing_type ?? "inside",
    position: gravity ?? "center",
    ...(background && { background })
  });
}

function adjust(image: Sharp, transforms: Transforms): void {
  if (transforms.rotate) image.rotate(transforms.rotate, { background: transforms.background ?? "#0000" });
  if (transforms.flip) image.flip();
  if (transforms.flop) image.flop();
  if (transforms.blur) image.blur(transforms.blur);
  if (transforms.sharpen) image.sharpen({ sigma: transforms.sharpen });
  if (transforms.grayscale) image.grayscale();
  if (transforms.background) image.flatten({ background: transforms.background });
}

/** A quality would turn a PNG into one with a palette, so it is passed on only if requested. */
function encode(image: Sharp, format: Format, quality: Transforms["quality"] = "auto"): Sharp {
  const name = format === "jpg" ? "jpeg" : format;
  if (typeof quality === "number" && format !== "gif") return image.toFormat(name, { quality });
  return image.toFormat(name, format === "png" || format === "gif" ? {} : { quality: 80 });
}

function chooseFormat(wanted: Transforms["format"], extension: string, accept: string): Format {
  if (wanted && wanted !== "auto") return wanted;
  if (wanted === "auto") {
    if (accept.includes("image/avif")) return "avif";
    if (accept.includes("image/webp")) return "webp";
  }
  return extension in contentTypes ? (extension as Format) : "png";
}
