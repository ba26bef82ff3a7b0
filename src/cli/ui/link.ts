import type { Output } from "./output.ts";
import { plain } from "./output.ts";

/**
 * A URL that fits on a line: clickable and shortened where the terminal shows links (OSC 8), else in full.
 */
export function link(url: string, { links }: Pick<Output, "links">): string {
  const shown = plain(url);
  if (!links || !/^https?:\/\/[\x21-\x7e]+$/.test(shown)) return shown;
  return `\u001b]8;;${shown}\u001b\\${shortened(shown)}\u001b]8;;\u001b\\`;
}

/** Host and last segment; what lies between are the ids of the organization and the Environment. */
function shortened(url: string): string {
  const { host, pathname, search } = new URL(url);
  const segments = pathname.split("/").filter(Boolean);
  return `${host}/${segments.length > 1 ? "…/" : ""}${segments.at(-1) ?? ""}${search}`;
}
