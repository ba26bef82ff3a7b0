import type { Invocation } from "../../command.ts";
import { hostedContext } from "../../hosted.ts";
import { imageIds } from "../../input/image-ids.ts";
import { plain } from "../../ui/output.ts";
import { TRANSFORMS } from "./transforms.ts";
import { deliveryUrl } from "../../../mcp/service/delivery-url.ts";

/** A preset and transforms, under the names of their flags in camel case. */
export interface UrlOptions extends Record<string, unknown> {
  preset?: string;
  /** Transforms without a flag of their own. */
  set?: Record<string, string>;
}

/** Prints the URL of each image. */
export async function runUrl(
  invocation: Invocation,
  options: UrlOptions,
  given: readonly string[]
): Promise<void> {
  const ids = await imageIds(given, invocation.deps.io);
  const transforms = transformsIn(options);
  const context = await hostedContext(invocation);
  const urls = await Promise.all(
    ids.map(async (id) => ({ image_id: id, url: await deliveryUrl(context, id, transforms) }))
  );
  invocation.out.answer({ urls }, () => urls.map(({ url }) => plain(url)).join("\n"));
}

function transformsIn(options: UrlOptions): Record<string, string> {
  const named = TRANSFORMS.flatMap(({ name, flag }) => {
    const value = options[flag.replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase())];
    return typeof value === "string" ? [[name, value] as const] : [];
  });
  return { ...options.set, ...(options.preset && { preset: options.preset }), ...Object.fromEntries(named) };
}
