import { UsageError } from "../errors.ts";
import { asFields, type Fields, fieldsOf, unexpected } from "../mcp/service/result.ts";
import { soleArgument } from "../mcp/service/arguments.ts";
import type { HostedContext } from "../mcp/service/uploads.ts";

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
