import { ImgwireError } from "../../../errors.ts";
import type { Invocation } from "../../command.ts";
import { callHosted } from "../../hosted.ts";
import { idIn } from "../../input/image-ids.ts";
import { picturesOf } from "../../preview/preview.ts";
import { plain } from "../../ui/output.ts";
import { PRESETS } from "../url/transforms.ts";
import { asFields, type Fields } from "../../../mcp/service/schemas.ts";

/** The largest area that the preview may cover, in character cells. */
const PREVIEW = { columns: 32, rows: 32 };

/** How to show an image. */
export interface ShowOptions {
  /** True unless `--no-preview` is given. */
  preview: boolean;
}

/** Shows one image. */
export async function runShow(
  invocation: Invocation,
  { preview }: ShowOptions,
  given: string
): Promise<void> {
  const { out } = invocation;
  const image = await retrieve(invocation, idIn(given));
  const url = String(image["cdn_url"]);
  const urls = Object.fromEntries(PRESETS.map((preset) => [preset, `${url}@${preset}`]));
  const [picture] = preview ? await picturesOf(invocation, [url], PREVIEW) : [];
  if (picture) out.print(`${picture.text}\n`);
  out.answer({ ...image, urls }, () => describe(named(image, invocation), urls, out.color.dim));
}

/** Fetches an image's record. */
export async function retrieve(invocation: Invocation, id: string): Promise<Fields> {
  const fields = await callHosted(invocation, "retrieve_image", { image_id: id }, true).catch(
    (error: unknown) => {
      throw withHint(error, "List your images with `imgwire list`.");
    }
  );
  return asFields(fields["image"]) ?? fields;
}

/** Adds what to do to an error from Imgwire that has no hint. */
function withHint(error: unknown, hint: string): unknown {
  return error instanceof ImgwireError && !error.hint ? error.with({ hint }) : error;
}

/** Adds the Environment's name to its id, if the name is known. */
function named(image: Fields, { deps }: Invocation): Fields {
  const id = image["environment_id"];
  const known = deps.environments.known.last().find((environment) => environment.id === id);
  return known ? { ...image, environment_id: `${known.id} (${known.name})` } : image;
}

function describe(image: Fields, urls: Record<string, string>, dim: (text: string) => string): string {
  const shown = Object.entries(image).filter(([, value]) => value !== null && !isEmpty(value));
  const rows: [string, unknown][] = [
    ...shown,
    ...Object.entries(urls).map(([name, url]): [string, string] => [`url @${name}`, url])
  ];
  const width = Math.max(...rows.map(([name]) => name.length));
  return rows.map(([name, value]) => `${dim(plain(name).padEnd(width))}  ${plain(value)}`).join("\n");
}

function isEmpty(value: unknown): boolean {
  return typeof value === "object" && value !== null && Object.keys(value).length === 0;
}
