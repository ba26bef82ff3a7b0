import { tokenize, TokenType } from "@csstools/css-tokenizer";
import type { Reference } from "./reference.ts";

/**
 * Finds the `url()`s in a style sheet that name images. Fonts and other style sheets are referenced in the
 * same way, so `isImage` decides.
 */
export function findInCss(css: string, isImage: (url: string) => boolean): Reference[] {
  const references: Reference[] = [];
  let inUrl = false;
  for (const token of tokenize({ css })) {
    const [type, written, from, , data] = token;
    if (type === TokenType.Function) inUrl = data.value.toLowerCase() === "url";
    else if (type === TokenType.String && inUrl) {
      const url = data.value;
      if (isImage(url))
        references.push({ start: from + 1, end: from + written.length - 1, url, notation: "css" });
    } else if (type === TokenType.URL) {
      const url = data.value;
      const inner = /^url\(\s*/i.exec(written)?.[0].length ?? 0;
      const end = from + written.replace(/\s*\)?$/, "").length;
      if (isImage(url)) references.push({ start: from + inner, end, url, notation: "css" });
    } else if (type === TokenType.CloseParen) inUrl = false;
  }
  return references;
}
