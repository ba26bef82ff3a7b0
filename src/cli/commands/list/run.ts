import type { Invocation } from "../../command.ts";
import { callHosted } from "../../hosted.ts";
import type { FormatOptions } from "../../input/snippet-options.ts";
import { plain } from "../../ui/output.ts";
import { humanBytes } from "../../ui/progress.ts";
import { snippets } from "../../ui/snippet.ts";
import { cut, table } from "../../ui/table.ts";
import { ago, snippetImage } from "./image.ts";
import { asFields, type Fields, unexpected } from "../../../mcp/service/schemas.ts";

/** Which images are listed, and how. */
export interface ListOptions extends FormatOptions {
  page?: number;
  limit?: number;
  all?: true;
}

const TOOL = "list_images";
const MAX_LIMIT = 100;
/** A narrower terminal has no room for an id beside the rest. */
const MIN_TABLE_COLUMNS = 90;

/** Lists images. */
export async function runList(invocation: Invocation, options: ListOptions): Promise<void> {
  const { out } = invocation;
  const answer = options.all
    ? await allPages(invocation)
    : await onePage(invocation, options.page, options.limit);
  const format = options.format ?? (options.copy ? "url" : undefined);
  if (format) {
    return out.answer(answer, () => snippets(answer.images.map(snippetImage), format, options));
  }
  out.answer(answer, () => describe(answer.images, out));
  const { images, total } = answer;
  if (out.terminal && total !== undefined && images.length < total) {
    out.note(`${images.length} of ${total} images. See more with --page, --limit or --all.`);
  }
}

interface Page {
  images: readonly Fields[];
  page: number;
  total: number | undefined;
}

async function onePage(invocation: Invocation, page = 1, limit = 20): Promise<Page> {
  const fields = await callHosted(invocation, TOOL, { page, limit }, true);
  const listed = [fields["images"], fields["items"], fields["results"], fields["data"]].find(Array.isArray);
  if (!listed) throw unexpected(TOOL, "no list of images");
  const total = typeof fields["total"] === "number" ? fields["total"] : undefined;
  return { images: (listed as unknown[]).map(asFields).filter((each) => each !== undefined), page, total };
}

/** Every page, up to one that brings nothing new: a server that repeats itself is not followed for ever. */
async function allPages(invocation: Invocation): Promise<Page> {
  const images = new Map<unknown, Fields>();
  for (let page = 1; ; page += 1) {
    const before = images.size;
    const found = await onePage(invocation, page, MAX_LIMIT);
    for (const image of found.images) images.set(image["id"], image);
    if (found.images.length < MAX_LIMIT || images.size === before) break;
  }
  return { images: [...images.values()], page: 1, total: images.size };
}

function describe(images: readonly Fields[], out: Invocation["out"]): string {
  if (images.length === 0) return out.terminal ? "No images yet. Upload one: imgwire upload <path>" : "";
  if (out.terminal && out.columns < MIN_TABLE_COLUMNS) {
    return images.map((image) => stacked(image, out)).join("\n");
  }
  const rows = images.map((image) => [
    String(image["original_filename"] ?? image["id"]),
    humanBytes(Number(image["size_bytes"] ?? 0)),
    `${plain(image["width"] ?? "?")}×${plain(image["height"] ?? "?")}`,
    out.terminal ? ago(image["created_at"]) : plain(image["created_at"] ?? ""),
    plain(image["status"] ?? ""),
    ...(out.terminal ? [String(image["id"])] : [String(image["cdn_url"] ?? image["id"])])
  ]);
  return table(out.terminal ? [["NAME", "SIZE", "PIXELS", "AGE", "STATE", "ID"], ...rows] : rows, out);
}

/** An image on a narrow terminal: its name, the rest, and its id on a line of its own. */
function stacked(image: Fields, { color, columns }: Invocation["out"]): string {
  const facts = [
    humanBytes(Number(image["size_bytes"] ?? 0)),
    `${plain(image["width"] ?? "?")}×${plain(image["height"] ?? "?")}`,
    ago(image["created_at"]),
    plain(image["status"] ?? "")
  ].join("  ");
  const name = cut(plain(image["original_filename"] ?? image["id"]), columns);
  return [color.bold(name), `  ${facts}`, `  ${color.dim(plain(image["id"]))}`].join("\n");
}
