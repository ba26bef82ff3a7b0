import { escapeHtml } from "../../system/html.ts";
import { csv } from "./csv.ts";

/** An image to print as a snippet. */
export interface SnippetImage {
  /** Its delivery URL. */
  url: string;
  /** Its file name. */
  name: string;
  /** In pixels, if known. */
  width?: number | undefined;
  height?: number | undefined;
}

/** The options of a snippet. */
export interface SnippetOptions {
  alt?: string;
  width?: number;
  sizes?: string;
}

/** The formats of `--format`. */
export const SNIPPET_FORMATS = ["url", "markdown", "html", "picture", "json", "csv"] as const;
export type SnippetFormat = (typeof SNIPPET_FORMATS)[number];

const WIDTHS = [320, 640, 960, 1280, 1920];

/** Formats images one after another. */
export function snippets(
  images: readonly SnippetImage[],
  format: SnippetFormat,
  options: SnippetOptions
): string {
  if (format === "json") return JSON.stringify(images, undefined, 2);
  if (format === "csv") {
    const rows = images.map(({ name, url, width, height }) => [name, url, width ?? "", height ?? ""]);
    return csv([["name", "url", "width", "height"], ...rows]);
  }
  return images.map((image) => WRITERS[format](image, options)).join("\n");
}

type Writer = (image: SnippetImage, options: SnippetOptions) => string;

const WRITERS: Readonly<Record<Exclude<SnippetFormat, "json" | "csv">, Writer>> = {
  url: ({ url }, { width }) => sized(url, width),
  markdown: (image, options) =>
    `![${altOf(image, options).replace(/[\\[\]]/g, "\\$&")}](${sized(image.url, options.width).replace(/[()\s]/g, encodeURIComponent)})`,
  html: (image, options) => {
    const { width, height } = dimensions(image, options.width);
    const size = width && height ? ` width="${width}" height="${height}"` : "";
    return `<img src="${escapeHtml(sized(image.url, options.width))}" alt="${escapeHtml(altOf(image, options))}"${size}>`;
  },
  picture: (image, options) => {
    const widths = WIDTHS.filter((width) => width <= (options.width ?? image.width ?? Infinity));
    const largest = options.width ?? (image.width && Math.min(image.width, WIDTHS.at(-1) ?? 0)) ?? 1280;
    const all = [...new Set([...widths, largest])];
    const sizes = escapeHtml(options.sizes ?? "100vw");
    const source = (format: string): string => {
      const set = all.map((width) => `${withQuery(image.url, { width, format })} ${width}w`).join(", ");
      return `  <source type="image/${format}" srcset="${escapeHtml(set)}" sizes="${sizes}">`;
    };
    const fallback = WRITERS.html(image, { ...options, width: largest });
    return ["<picture>", source("avif"), source("webp"), `  ${fallback}`, "</picture>"].join("\n");
  }
};

function altOf({ name }: SnippetImage, { alt }: SnippetOptions): string {
  return alt ?? name.replace(/\.\w+$/, "");
}

function dimensions({ width, height }: SnippetImage, newWidth: number | undefined) {
  if (!width || !height) return { width: undefined, height: undefined };
  if (newWidth === undefined) return { width, height };
  return { width: newWidth, height: Math.round((height * newWidth) / width) };
}

function sized(url: string, width: number | undefined): string {
  return width === undefined ? url : withQuery(url, { width });
}

/** Adds transforms to a URL. The CDN accepts each only once, so existing ones are replaced. */
function withQuery(url: string, transforms: Record<string, string | number>): string {
  const result = new URL(url);
  for (const [name, value] of Object.entries(transforms)) result.searchParams.set(name, String(value));
  return result.href;
}
