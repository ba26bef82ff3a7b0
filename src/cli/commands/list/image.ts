import type { SnippetImage } from "../../ui/snippet.ts";
import type { Fields } from "../../../mcp/service/schemas.ts";

/** Converts an image record for use in a snippet. */
export function snippetImage(image: Fields): SnippetImage {
  const pixels = (value: unknown): number | undefined =>
    typeof value === "number" && value > 0 ? value : undefined;
  return {
    url: String(image["cdn_url"]),
    name: String(image["original_filename"] ?? image["id"]),
    width: pixels(image["width"]),
    height: pixels(image["height"])
  };
}

const UNITS: readonly [limit: number, seconds: number, unit: string][] = [
  [60, 1, "s"],
  [3_600, 60, "min"],
  [86_400, 3_600, "h"],
  [Infinity, 86_400, "d"]
];

/** Formats how long ago a time was, in a few characters. */
export function ago(time: unknown, now = Date.now()): string {
  const at = typeof time === "string" ? Date.parse(time) : NaN;
  if (Number.isNaN(at)) return "";
  const seconds = Math.max(0, (now - at) / 1_000);
  const [, size, unit] = UNITS.find(([limit]) => seconds < limit) ?? [0, 86_400, "d"];
  return `${Math.floor(seconds / size)} ${unit}`;
}
