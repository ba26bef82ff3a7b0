import type { Tool } from "@modelcontextprotocol/client";
import { asFields, type Fields } from "./result.ts";

/** What is needed to show an image: ready to be pasted. */
export interface Embed {
  cdn_url: string;
  markdown: string;
  html: string;
  /** Delivery URLs by preset. */
  presets?: Readonly<Record<string, string>>;
}

/**
 * Makes Markdown, HTML and preset URLs for an image.
 * @param alt the alternative text; empty marks a decoration
 * @param urlTool the hosted `get_image_url`: its schema names the presets
 * @returns undefined for an image without a CDN URL
 */
export function embedOf(image: Fields, alt: string, urlTool: Tool | undefined): Embed | undefined {
  const url = image["cdn_url"];
  if (typeof url !== "string" || url === "") return undefined;
  const size = ["width", "height"]
    .filter((name) => Number.isInteger(image[name]) && Number(image[name]) > 0)
    .map((name) => ` ${name}="${Number(image[name])}"`)
    .join("");
  const presets = presetsIn(urlTool).map((preset) => [preset, `${url}@${preset}`]);
  return {
    cdn_url: url,
    markdown: `![${alt.replace(/[\\[\]]/g, "\\$&").replace(/\s+/g, " ")}](${markdownUrl(url)})`,
    html: `<img src="${attribute(url)}" alt="${attribute(alt)}"${size}>`,
    ...(presets.length > 0 && { presets: Object.fromEntries(presets) as Record<string, string> })
  };
}

function presetsIn(tool: Tool | undefined): string[] {
  const names = asFields(asFields(tool?.inputSchema.properties)?.["preset"])?.["enum"];
  return Array.isArray(names) ? names.filter((name) => typeof name === "string") : [];
}

/** A URL that ends nowhere early in a Markdown link. */
function markdownUrl(url: string): string {
  return /[\s()<>]/.test(url)
    ? url.replace(/[\s()<>]/g, (each) => encodeURIComponent(each).replace("(", "%28").replace(")", "%29"))
    : url;
}

function attribute(text: string): string {
  return text
    .replaceAll("&", "&amp;")
    .replaceAll('"', "&quot;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;");
}
