import type { Tool } from "@modelcontextprotocol/client";
import { UsageError } from "../../errors.ts";
import { escapeHtml } from "../../system/html.ts";
import { asFields, type Fields, fieldsOf, soleArgument, unexpected } from "./schemas.ts";
import type { HostedContext } from "./transfers.ts";

/** Ready-to-paste code for showing an image. */
export interface Embed {
  cdn_url: string;
  markdown: string;
  html: string;
  /** Delivery URLs by preset. */
  presets?: Readonly<Record<string, string>>;
}

/**
 * Makes Markdown, HTML and preset URLs for an image.
 * @param alt the alternative text; empty for a decorative image
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

/** Escapes the characters that would end a URL early in a Markdown link. */
function markdownUrl(url: string): string {
  return /[\s()<>]/.test(url)
    ? url.replace(/[\s()<>]/g, (each) => encodeURIComponent(each).replace("(", "%28").replace(")", "%29"))
    : url;
}

const TOOL = "get_image_url";

/**
 * Gets an image's delivery URL from the hosted `get_image_url`.
 * @param transforms by their names in the tool's live schema; strings are converted to the types that it
 *   defines
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
    setTransform(args, asFields(tool?.inputSchema.properties) ?? {}, name, value);
  }
  const fields = fieldsOf(TOOL, await hosted.call(TOOL, args, { signal, repeatable: true }));
  const url = [fields["url"], fields["image_url"], fields["cdn_url"]].find(
    (value) => typeof value === "string"
  );
  if (url === undefined) throw unexpected(TOOL, "no URL");
  return url;
}

/**
 * Sets a transform where the schema defines it: at the top level, or in an object such as `transformations`.
 */
function setTransform(
  args: Record<string, unknown>,
  properties: Fields,
  name: string,
  value: string | boolean
): void {
  const schema = asFields(properties[name]);
  if (schema) {
    args[name] = toSchemaType(value, schema);
    return;
  }
  for (const [group, nested] of Object.entries(properties)) {
    const inner = asFields(asFields(nested)?.["properties"]);
    if (!inner?.[name]) continue;
    const values = { ...asFields(args[group]) };
    setTransform(values, inner, name, value);
    args[group] = values;
    return;
  }
  throw new UsageError(`Imgwire has no transform "${name}".`, {
    hint: `Available transforms: ${Object.keys(properties).join(", ") || "none"}.`
  });
}

function toSchemaType(value: string | boolean, schema: Fields): unknown {
  const kinds = JSON.stringify([schema["type"], schema["anyOf"], schema["oneOf"]]);
  if (value === "true" || value === "false") return /"boolean"/.test(kinds) ? value === "true" : value;
  const number = Number(value);
  return /"(integer|number)"/.test(kinds) && value !== "" && Number.isFinite(number) ? number : value;
}
