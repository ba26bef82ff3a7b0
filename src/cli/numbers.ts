import { UsageError } from "../errors.ts";

/** Makes the parser of a flag that takes a whole number within bounds. */
export function wholeNumber(flag: string, least: number, most: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (/^\d+$/.test(text) && value >= least && value <= most) return value;
    throw new UsageError(`${flag} takes a whole number from ${least} to ${most}, not "${text}".`);
  };
}
