import measured from "fast-string-truncated-width";

/**
 * The columns that a text takes on a terminal: two for wide letters and emoji, none for colours and accents.
 */
export function widthOf(text: string): number {
  return measured(text).width;
}

/** Truncates a text to a width, with an ellipsis, and never splits a character. */
export function cut(text: string, width: number, ellipsis = "…"): string {
  const { index, truncated } = measured(text, { limit: Math.max(0, width), ellipsis });
  return truncated ? text.slice(0, index) + ellipsis : text;
}

/** Pads a text with spaces to a width. */
export function padded(text: string, width: number): string {
  return text + " ".repeat(Math.max(0, width - widthOf(text)));
}
