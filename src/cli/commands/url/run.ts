import type { Invocation } from "../../command.ts";
import { hostedContext } from "../../hosted.ts";
import { imageIds } from "../../input/image-ids.ts";
import { snippets, SNIPPET_FORMATS, type SnippetOptions } from "../../ui/snippet.ts";
import { snippetImage } from "../list/image.ts";
import { retrieve } from "../show/run.ts";
import { plain } from "../../ui/output.ts";
import { TRANSFORMS } from "./transforms.ts";
import { deliveryUrl } from "../../../mcp/service/delivery-url.ts";

/** A preset and transforms, by the camel-case names of their flags. */
export interface UrlOptions extends Record<string, unknown> {
  preset?: string;
  /** Transforms that have no flag of their own. */
  set?: Record<string, string>;
}

/** Prints the URL of each image, or a snippet with it. */
export async function runUrl(
  invocation: Invocation,
  options: UrlOptions,
  given: readonly string[]
): Promise<void> {
  const { out } = invocation;
  const ids = await imageIds(given, invocation.deps.io);
  const format = SNIPPET_FORMATS.find((name) => name === options["format"]);
  const transforms = transformsIn(options);
  const { width } = transforms;
  // Snippets apply these transforms themselves.
  if (format) for (const name of ["width", "format"]) delete transforms[name];
  const context = await hostedContext(invocation);
  const urls = await Promise.all(
    ids.map(async (id) => ({ image_id: id, url: await deliveryUrl(context, id, transforms) }))
  );
  if (!format) return out.answer({ urls }, () => urls.map(({ url }) => plain(url)).join("\n"));
  const images = await Promise.all(
    urls.map(async ({ image_id: id, url }) => ({ ...snippetImage(await retrieve(invocation, id)), url }))
  );
  const how = { ...options, ...(width && { width: Number(width) }) };
  out.answer({ urls }, () => snippets(images, format, how as SnippetOptions));
}

function transformsIn(options: UrlOptions): Record<string, string> {
  const named = TRANSFORMS.flatMap(({ name, flag }) => {
    const value = options[flag.replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase())];
    return typeof value === "string" ? [[name, value] as const] : [];
  });
  return { ...options.set, ...(options.preset && { preset: options.preset }), ...Object.fromEntries(named) };
}
