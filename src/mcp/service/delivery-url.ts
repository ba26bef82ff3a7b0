import type { Tool } from "@modelcontextprotocol/client";
import { UsageError } from "../../errors.ts";
import { escapeHtml } from "../../system/html.ts";
import { asFields, type Fields, fieldsOf, soleArgument, unexpected } from "./schemas.ts";
import type { HostedContext } from "./transfers.ts";

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
    html: `<img src="${escapeHtml(url)}" alt="${escapeHtml(alt)}"${size}>`,
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

const TOOL = "get_image_url";

/**
 * Asks the hosted `get_image_url` for the URL that delivers an image.
 * @param transforms by the names of the tool's live schema; texts are turned into the types that it wants
 * @throws UsageError for a transform that the live schema does not have
 */
export async function deliveryUrl(
  { hosted, hostedTools, signal }: HostedContext,
  imageId: string,
  transforms: Readonly<Record<string, string | boolean>>
): Promise<string> {
  const tool = (await hostedTools()).get(TOOL);
  const args: Record<string, unknown> = { [soleArgument(tool, "image_id")]: imageId };
  for (const [name, value] of Object.entries(transforms)) {
    put(args, asFields(tool?.inputSchema.properties) ?? {}, name, value);
  }
  const fields = fieldsOf(TOOL, await hosted.call(TOOL, args, { signal, repeatable: true }));
  const url = [fields["url"], fields["image_url"], fields["cdn_url"]].find(
    (value) => typeof value === "string"
  );
  if (url === undefined) throw unexpected(TOOL, "no URL");
  return url;
}

/**
 * Sets a transform where the schema has it: beside the image's id, or in an object such as `transformations`.
 */
function put(args: Record<string, unknown>, properties: Fields, name: string, value: string | boolean): void {
  const schema = asFields(properties[name]);
  if (schema) {
    args[name] = typed(value, schema);
    return;
  }
  for (const [group, nested] of Object.entries(properties)) {
    const inner = asFields(asFields(nested)?.["properties"]);
    if (!inner?.[name]) continue;
    const values = { ...asFields(args[group]) };
    put(values, inner, name, value);
    args[group] = values;
    return;
  }
  throw new UsageError(`The hosted service offers no transform "${name}".`, {
    hint: `It offers: ${Object.keys(properties).join(", ") || "none"}.`
  });
}

function typed(value: string | boolean, schema: Fields): unknown {
  const kinds = JSON.stringify([schema["type"], schema["anyOf"], schema["oneOf"]]);
  if (value === "true" || value === "false") return /"boolean"/.test(kinds) ? value === "true" : value;
  const number = Number(value);
  return /"(integer|number)"/.test(kinds) && value !== "" && Number.isFinite(number) ? number : value;
}
