import { isNamedAsImage } from "./html.ts";
import type { Reference } from "./reference.ts";

/** The image syntax of Markdown dialects, as patterns to search for outside of code. */
const FORMS: readonly { form: RegExp; notation: Reference["notation"] }[] = [
  // Obsidian: the file may be anywhere in the vault.
  { form: /!\[\[(?<url>[^\]|#\n]+)(?:#[^\]|\n]*)?(?:\|(?<width>\d+)?[^\]\n]*)?\]\]/g, notation: "wikilink" },
  // Hugo: {{< figure src="a.png" >}}
  {
    form: /\{\{[<%]\s*(?:figure|img|image)\b[^}]*?\bsrc=(?<quote>["'])(?<url>[^"'\n]+)\k<quote>/g,
    notation: "plain"
  },
  // Jekyll: {% include figure.html src="a.png" %}
  {
    form: /\{%-?\s*include\b[^%]*?\b(?:src|image|image_path|url)=(?<quote>["'])(?<url>[^"'\n]+)\k<quote>/g,
    notation: "plain"
  },
  // MyST: :::{image} a.png
  { form: /^[ \t>]*:{3,}\{(?:image|figure)\}[ \t]+(?<url>[^\s]+)[ \t]*$/gm, notation: "plain" },
  // MyST: ```{figure} a.png
  { form: /^[ \t>]*(?:`{3,}|~{3,})\{(?:image|figure)\}[ \t]+(?<url>[^\s]+)[ \t]*$/gm, notation: "plain" }
];

/** A cheap test for whether a document may contain these forms. */
export const MAY_HAVE_EXTENSIONS = /!\[\[|\{\{[<%]|\{%|\{(?:image|figure)\}/;

/**
 * Finds images written in the syntax of Markdown dialects.
 * @param isCode whether an offset is inside code, where this syntax has no meaning
 */
export function findExtensions(text: string, isCode: (offset: number) => boolean): Reference[] {
  return FORMS.flatMap(({ form, notation }) =>
    [...text.matchAll(form)].flatMap((match): Reference[] => {
      const { url = "", width } = match.groups ?? {};
      // A directive is itself a code block, so look at what comes before it.
      const start = match.index + match[0].lastIndexOf(url);
      const isDirective = /^[ \t>]*(?:`{3,}|~{3,})\{/.test(match[0]);
      if (!isNamedAsImage(url) || (!isDirective && isCode(match.index))) return [];
      const whole = notation === "wikilink";
      const range = whole
        ? { start: match.index, end: match.index + match[0].length }
        : { start, end: start + url.length };
      return [{ ...range, url: url.trim(), notation, ...(width && { width: Number(width) }) }];
    })
  );
}

/** Front matter fields that usually name images. Projects can add more. */
const FIELDS =
  "image|images|cover|cover_image|coverImage|thumbnail|banner|hero|poster|featured_image|featuredImage|social_image|socialImage|og:image|og_image|twitter:image|src|header_image|teaser";

/**
 * Finds front matter fields that name images. They are optional: a value that names no file isn't reported.
 * @param more field names to look for as well
 */
export function findInFrontMatter(text: string, more: readonly string[] = []): Reference[] {
  const names = [FIELDS, ...more.map((name) => name.replace(/[^\w]/g, "\\$&"))].join("|");
  const field = new RegExp(
    `^[ \\t]*(?:-[ \\t]+)?["']?(?:${names})["']?[ \\t]*[:=][ \\t]*(?:(?<quote>["'])(?<quoted>[^"'\\n]+)\\k<quote>|(?<plain>[^\\s"'#[{][^\\n#]*?))[ \\t]*\\r?$`,
    "gm"
  );
  return [...text.matchAll(field)].flatMap((match): Reference[] => {
    const { quoted, plain } = match.groups ?? {};
    const url = quoted ?? plain ?? "";
    if (!isNamedAsImage(url) && !/^https?:/.test(url)) return [];
    const start = match.index + match[0].lastIndexOf(url);
    return [{ start, end: start + url.length, url, notation: "plain", optional: true }];
  });
}
