import measured from "fast-string-truncated-width";

/** How many columns a text takes on a terminal: wide letters and emoji take two, colours and marks none. */
export function widthOf(text: string): number {
  return measured(text).width;
}

/** Cuts a text to a width, with an ellipsis; nothing is cut within a character. */
export function cut(text: string, width: number, ellipsis = "…"): string {
  const { index, truncated } = measured(text, { limit: Math.max(0, width), ellipsis });
  return truncated ? text.slice(0, index) + ellipsis : text;
}

/** Fills a text up with spaces to a width. */
export function padded(text: string, width: number): string {
  return text + " ".repeat(Math.max(0, width - widthOf(text)));
}
