/** The transforms in a delivery URL, by their canonical names. */
export interface Transforms {
  width?: number;
  height?: number;
  format?: "auto" | "jpg" | "png" | "webp" | "avif" | "gif" | "tiff";
  quality?: number | "auto";
  resizing_type?: "cover" | "contain" | "fill" | "inside" | "outside";
  dpr?: number;
  gravity?: "center" | "north" | "south" | "east" | "west" | "entropy" | "attention";
  /** In source pixels: left, top, width, height. */
  crop?: [number, number, number, number];
  blur?: number;
  sharpen?: number;
  rotate?: number;
  flip?: boolean;
  flop?: boolean;
  grayscale?: boolean;
  background?: string;
}

/** A transform is invalid or occurs twice. */
export class TransformError extends Error {}

type Parse = (value: string) => unknown;

const integer =
  (min: number, max: number): Parse =>
  (value) => {
    const number = Number(value);
    if (!/^-?\d+$/.test(value) || number < min || number > max)
      throw new TransformError(`must be ${min}..${max}`);
    return number;
  };
const decimal =
  (min: number, max: number): Parse =>
  (value) => {
    const number = Number(value);
    if (value === "" || !(number >= min && number <= max)) throw new TransformError(`must be ${min}..${max}`);
    return number;
  };
const oneOf =
  (...values: string[]): Parse =>
  (value) => {
    if (!values.includes(value)) throw new TransformError(`must be one of ${values.join(", ")}`);
    return value;
  };
const flag: Parse = (value) => oneOf("true", "false", "1", "0", "")(value) !== "false" && value !== "0";

const parsers: { [name in keyof Transforms]-?: Parse } = {
  width: integer(1, 8_192),
  height: integer(1, 8_192),
  format: (value) =>
    oneOf("auto", "jpg", "png", "webp", "avif", "gif", "tiff")(value === "jpeg" ? "jpg" : value),
  quality: (value) => (value === "auto" ? value : integer(1, 100)(value)),
  resizing_type: oneOf("cover", "contain", "fill", "inside", "outside"),
  dpr: decimal(0.1, 5),
  gravity: oneOf("center", "north", "south", "east", "west", "entropy", "attention"),
  crop: (value) => {
    const numbers = value.split(",").map((part) => integer(0, 100_000)(part) as number);
    if (numbers.length !== 4) throw new TransformError("must be left,top,width,height");
    return numbers;
  },
  blur: decimal(0.3, 1_000),
  sharpen: decimal(0.01, 10),
  rotate: integer(-360, 360),
  flip: flag,
  flop: flag,
  grayscale: flag,
  background: (value) => {
    if (!/^[0-9a-f]{6}([0-9a-f]{2})?$/i.test(value))
      throw new TransformError("must be a colour such as ff8800");
    return `#${value}`;
  }
};

const aliases: Record<string, keyof Transforms> = {
  w: "width",
  h: "height",
  f: "format",
  q: "quality",
  rt: "resizing_type",
  g: "gravity",
  c: "crop",
  bl: "blur",
  sh: "sharpen",
  rot: "rotate",
  bg: "background"
};

export const presets: Record<string, Transforms> = {
  thumbnail: { width: 150, height: 150, resizing_type: "cover" },
  small: { width: 320, resizing_type: "inside" },
  medium: { width: 800, resizing_type: "inside" },
  large: { width: 1_600, resizing_type: "inside" }
};

/**
 * Parses the transforms in a delivery URL and ignores all other parameters.
 * @throws {TransformError} that names the parameter
 */
export function parseTransforms(query: URLSearchParams): Transforms {
  const transforms: Record<string, unknown> = {};
  for (const [given, value] of query) {
    const name = aliases[given] ?? given;
    if (!Object.hasOwn(parsers, name)) continue;
    if (name in transforms) throw new TransformError(`${name} is given more than once`);
    try {
      transforms[name] = parsers[name as keyof Transforms](value);
    } catch (error) {
      throw new TransformError(`${given} ${(error as Error).message}`);
    }
  }
  return transforms;
}
