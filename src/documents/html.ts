import { type DefaultTreeAdapterTypes, defaultTreeAdapter as tree, parse } from "parse5";
import type { Notation, Reference, References, Srcset } from "./reference.ts";
import { srcsetOf } from "./responsive.ts";
import { findCandidates } from "./srcset.ts";

type Node = DefaultTreeAdapterTypes.Node;
type Element = DefaultTreeAdapterTypes.Element;

/**
 * Finds the places where HTML names an image: `<img>`, the `<source>`s of `<picture>`, image buttons, video
 * posters, SVG's `<image>`, icons and preloads in `<link>`, and the preview images of social `<meta>` tags.
 * Links to images are marked as links.
 */
export function findInHtml(html: string): References {
  const references: Reference[] = [];
  let base: string | undefined;
  const document = parse(html, { sourceCodeLocationInfo: true, scriptingEnabled: false });
  for (const element of elementsOf(document)) {
    if (element.tagName === "base") base ??= attribute(element, "href");
    references.push(...referencesOf(element, html));
  }
  references.sort((a, b) => a.start - b.start);
  return base === undefined ? { references } : { references, base };
}

function referencesOf(element: Element, html: string): Reference[] {
  const attributes = IMAGE_ATTRIBUTES.get(element.tagName)?.(element) ?? [];
  const width = widthOf(element);
  const srcset = element.tagName === "img" ? ownSrcset(element) : undefined;
  const facts = {
    ...(width && { width }),
    ...(srcset && { srcset }),
    ...(element.tagName === "a" && { link: true as const })
  };
  return attributes.flatMap(([name, notation]) => {
    if (notation === "srcset" && srcset) return [];
    return readAttribute(html, element, name, notation).map((each) => ({ ...each, ...facts }));
  });
}

function* elementsOf(root: Node): Generator<Element> {
  const waiting: Node[] = [root];
  for (let node = waiting.pop(); node; node = waiting.pop()) {
    if (tree.isElementNode(node)) yield node;
    if ("content" in node) waiting.push(node.content);
    if ("childNodes" in node) for (const child of node.childNodes) waiting.push(child);
  }
}

type ImageAttribute = [name: string, notation: Notation];

const SRC: ImageAttribute = ["src", "attribute"];
const SRCSET: ImageAttribute = ["srcset", "srcset"];
const HREF: ImageAttribute = ["href", "attribute"];

/** The attributes that name images, by element. */
const IMAGE_ATTRIBUTES = new Map<string, (element: Element) => ImageAttribute[]>([
  ["img", () => [SRC, SRCSET]],
  // A `<source>` with `src` belongs to audio or video.
  ["source", () => [SRCSET]],
  ["input", (element) => (attribute(element, "type")?.toLowerCase() === "image" ? [SRC] : [])],
  ["video", () => [["poster", "attribute"]]],
  ["image", () => [HREF, ["xlink:href", "attribute"]]],
  ["a", (element) => (isImageLink(attribute(element, "href")) ? [HREF] : [])],
  ["link", linkAttributes],
  ["meta", (element) => (isPreview(element) ? [["content", "attribute"]] : [])]
]);

/** Whether a URL is remote. It may then be a published image, which has no extension. */
function isRemote(url: string | undefined): boolean {
  return url !== undefined && /^https?:/.test(url);
}

function isImageLink(url: string | undefined): boolean {
  return isNamedAsImage(url ?? "") || isRemote(url);
}

/** Whether a URL's path ends with the extension of an image. */
export function isNamedAsImage(url: string): boolean {
  return /\.(?:jpe?g|jpe|jfif|jxl|a?png|webp|avifs?|gif|ico|hei[cf]|bmp|dib|tiff?)(?:[?#]|$)/i.test(url);
}

function widthOf(element: Element): number | undefined {
  return widthIn(attribute(element, "width") ?? "");
}

/** Parses a width in pixels, in HTML or JSX notation. */
export function widthIn(value: string): number | undefined {
  const [, pixels] = /^\{?(\d{1,4})(?:px)?\}?$/.exec(value) ?? [];
  return Number(pixels) || undefined;
}

const ICONS = ["icon", "apple-touch-icon", "apple-touch-icon-precomposed"];
const PREVIEWS = ["og:image", "og:image:url", "og:image:secure_url", "twitter:image", "twitter:image:src"];

function linkAttributes(link: Element): ImageAttribute[] {
  const relations = (attribute(link, "rel") ?? "").toLowerCase().split(/\s+/);
  if (relations.some((relation) => ICONS.includes(relation))) return [HREF];
  const preloads = relations.includes("preload") && attribute(link, "as")?.toLowerCase() === "image";
  return preloads ? [HREF, ["imagesrcset", "srcset"]] : [];
}

function isPreview(meta: Element): boolean {
  return PREVIEWS.includes(attribute(meta, "property") ?? attribute(meta, "name") ?? "");
}

function attribute(element: Element, name: string): string | undefined {
  return element.attrs.find((each) => nameOf(each) === name)?.value;
}

function nameOf({ prefix, name }: { prefix?: string | undefined; name: string }): string {
  return prefix ? `${prefix}:${name}` : name;
}

function ownSrcset(element: Element): Srcset | undefined {
  return srcsetOf(locatedAttribute(element, "src"), locatedAttribute(element, "srcset"), "srcset");
}

function locatedAttribute(element: Element, name: string) {
  const location = element.sourceCodeLocation?.attrs?.[name];
  return (
    location && {
      value: attribute(element, name) ?? "",
      start: location.startOffset,
      end: location.endOffset
    }
  );
}

function readAttribute(html: string, element: Element, name: string, notation: Notation): Reference[] {
  const value = attribute(element, name);
  const location = element.sourceCodeLocation?.attrs?.[name];
  if (!value || !location) return [];
  return referencesIn(html, { start: location.startOffset, end: location.endOffset }, value, notation);
}

/**
 * Finds the references in one attribute of HTML or JSX.
 * @param range the attribute in the text, from the start of its name to the end of its value
 * @param value the attribute's decoded value
 */
export function referencesIn(
  text: string,
  range: Pick<Reference, "start" | "end">,
  value: string,
  notation: Notation
): Reference[] {
  const { start, raw } = valueIn(text.slice(range.start, range.end));
  const at = range.start + start;
  if (notation === "srcset") return readSrcset(raw, at);
  const url = value.trim();
  const leading = raw.length - raw.trimStart().length;
  return url === "" ? [] : [{ start: at + leading, end: at + leading + raw.trim().length, url, notation }];
}

/** Extracts the raw value of an attribute and its offset: `src = "a.png"` → `a.png`. */
function valueIn(attribute: string): { start: number; raw: string } {
  const [opening, quote] = /^[^=]*=\s*(["']?)/.exec(attribute) ?? ["", ""];
  return { start: opening.length, raw: attribute.slice(opening.length, quote ? -1 : undefined) };
}

function readSrcset(raw: string, at: number): Reference[] {
  return findCandidates(raw).map(({ start, end }) => ({
    start: at + start,
    end: at + end,
    url: readCharacterReferences(raw.slice(start, end)),
    notation: "srcset" as const
  }));
}

/** Decodes a fragment of an attribute value exactly as the HTML parser does. */
function readCharacterReferences(raw: string): string {
  if (!raw.includes("&")) return raw;
  const quote = raw.includes('"') ? "'" : '"';
  for (const element of elementsOf(parse(`<p title=${quote}${raw}${quote}>`))) {
    const read = attribute(element, "title");
    if (read !== undefined) return read;
  }
  return raw;
}
