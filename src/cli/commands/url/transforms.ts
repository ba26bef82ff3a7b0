import { UsageError } from "../../../errors.ts";
import { MAX_PIXELS, wholeNumber } from "../../input/number.ts";

/** The CDN's presets, which are suffixes of a URL's path. */
export const PRESETS = ["thumbnail", "small", "medium", "large"];

/** A CDN transform that has its own flag. */
export interface Transform {
  /** The hosted tool's name for it. */
  name: string;
  flag: string;
  /** The placeholder for its value in the help. */
  value: string;
  describe: string;
  /** @throws UsageError if the CDN would refuse the value */
  parse: (text: string) => string;
}

/** The transforms with flags, in the order of the help. */
export const TRANSFORMS: readonly Transform[] = [
  transform("width", "<px>", `1 to ${MAX_PIXELS}`, number(1, MAX_PIXELS)),
  transform("height", "<px>", `1 to ${MAX_PIXELS}`, number(1, MAX_PIXELS)),
  transform(
    "format",
    "<name>",
    "auto, jpg, png, webp, avif, gif or tiff; or a snippet: html, markdown, picture, csv"
  ),
  transform("quality", "<n>", "1 to 100, or auto", (flag) => (text) => {
    if (text === "auto") return text;
    return number(1, 100)(flag)(text);
  }),
  transform("resizing_type", "<kind>", "cover, contain, fill, inside or outside"),
  transform("dpr", "<n>", "device pixel ratio"),
  transform("gravity", "<where>", "what to keep when cropping, like center, north or attention"),
  transform("crop", "<area>", "crop to <width:height> or <x:y:width:height>"),
  transform("blur", "<n>", "0.3 to 100"),
  transform("rotate", "<degrees>", "rotate clockwise")
];

function transform(
  name: string,
  value: string,
  describe: string,
  parser: (flag: string) => (text: string) => string = notEmpty
): Transform {
  const flag = name.replaceAll("_", "-");
  return { name, flag, value, describe, parse: parser(`--${flag}`) };
}

function number(min: number, max: number): (flag: string) => (text: string) => string {
  return (flag) => (text) => String(wholeNumber(flag, min, max)(text));
}

function notEmpty(flag: string): (text: string) => string {
  return (text) => {
    if (text !== "") return text;
    throw new UsageError(`${flag} needs a value.`);
  };
}
