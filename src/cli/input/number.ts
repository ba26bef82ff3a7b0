import { UsageError } from "../../errors.ts";

/** The largest width or height, in pixels, that the CDN delivers. */
export const MAX_PIXELS = 8_192;

/** Creates the parser for a flag that takes a whole number from `min` to `max`. */
export function wholeNumber(flag: string, min: number, max: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (/^\d+$/.test(text) && value >= min && value <= max) return value;
    throw new UsageError(`${flag} must be a whole number from ${min} to ${max}, not "${text}".`);
  };
}
