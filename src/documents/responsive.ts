import { withTransform } from "./delivery.ts";
import type { Reference, Replacement, Srcset } from "./reference.ts";

/** An attribute in the text, from the start of its name to the end of its value. */
interface Attribute {
  value: string;
  start: number;
  end: number;
}

/**
 * Finds the place for a `srcset` derived from an `<img>`'s `src`, right after the `src`. Returns undefined if
 * the author has written a different one.
 */
export function srcsetOf(
  src: Attribute | undefined,
  own: Attribute | undefined,
  name: Srcset["name"]
): Srcset | undefined {
  if (!src) return undefined;
  if (!own) return { start: src.end, end: src.end, widths: [], name };
  const widths = [...own.value.matchAll(/ (\d+)w(?=, |$)/g)].map(([, width]) => Number(width));
  const isOurs = own.start === src.end + 1 && own.value === candidates(src.value, widths);
  return isOurs ? { start: src.end, end: own.end, widths, name } : undefined;
}

/**
 * Writes a `srcset` with a URL in these widths.
 * @param widths undefined to keep the existing ones
 * @returns an empty list if the document already has it
 */
export function replaceSrcset(
  text: string,
  { srcset }: Reference,
  url: string,
  widths: readonly number[] | undefined
): Replacement[] {
  if (!srcset) return [];
  const { start, end, name, widths: before } = srcset;
  const newWidths = widths ?? before;
  const value = candidates(url, newWidths).replaceAll("&", "&amp;").replaceAll('"', "&quot;");
  const attribute = newWidths.length > 0 ? ` ${name}="${value}"` : "";
  return attribute === text.slice(start, end) ? [] : [{ start, end, url: attribute, notation: "plain" }];
}

/** A comma at the end of a URL would end the candidate (HTML, section 4.8.4.3.8). */
function candidates(url: string, widths: readonly number[]): string {
  const [, base = "", suffix = ""] = /^([^?#]*)(.*)$/s.exec(url) ?? [];
  return widths
    .map(
      (width) => `${base}${withTransform(suffix, { width }, undefined)}`.replaceAll(",", "%2C") + ` ${width}w`
    )
    .join(", ");
}
