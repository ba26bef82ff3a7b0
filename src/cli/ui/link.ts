import type { Output } from "./output.ts";
import { plain } from "./output.ts";
import { widthOf } from "./width.ts";

/** Formats a URL: shortened and clickable if the terminal supports links (OSC 8), otherwise in full. */
export function link(url: string, { links, columns }: Pick<Output, "links" | "columns">): string {
  const shown = plain(url);
  if (!links || !/^https?:\/\/[\x21-\x7e]+$/.test(shown)) return shown;
  return `\u001b]8;;${shown}\u001b\\${shortened(shown, columns)}\u001b]8;;\u001b\\`;
}

/** Shortens a URL to its host and last path segment, or on a narrow terminal to that segment alone. */
function shortened(url: string, columns: number): string {
  const { host, pathname, search } = new URL(url);
  const segments = pathname.split("/").filter(Boolean);
  const last = `${segments.at(-1) ?? ""}${search}`;
  const whole = `${host}/${segments.length > 1 ? "…/" : ""}${last}`;
  return widthOf(whole) <= columns ? whole : `…/${last}`;
}
