import type { Invocation } from "../../command.ts";
import { callHosted } from "../../hosted.ts";
import type { FormatOptions } from "../../input/snippet-options.ts";
import type { Picture } from "../../preview/draw.ts";
import { picturesOf } from "../../preview/preview.ts";
import { snippets } from "../../ui/snippet.ts";
import { snippetImage } from "./image.ts";
import { describeImages, describeWithPictures, MIN_PICTURE_COLUMNS, THUMBNAIL } from "./report.ts";
import { asFields, type Fields, unexpected } from "../../../mcp/service/schemas.ts";

/** Which images to list, and how. */
export interface ListOptions extends FormatOptions {
  page?: number;
  limit?: number;
  all?: true;
  /** True unless `--no-preview` is given. */
  preview: boolean;
}

const TOOL = "list_images";
const MAX_LIMIT = 100;

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
  const pictures = options.preview && !options.all ? await thumbnails(invocation, answer.images) : [];
  out.answer(answer, ({ images }) =>
    pictures.length > 0 ? describeWithPictures(images, pictures, out) : describeImages(images, out)
  );
  const { images, total } = answer;
  if (images.length === 0) out.note(noneListed(answer));
  if (out.terminal && total !== undefined && images.length > 0 && images.length < total) {
    out.note(`${images.length} of ${imageCount(total)}. See more with --page, --limit or --all.`);
  }
}

function noneListed({ page, total }: Page): string {
  if (page === 1 || total === 0) return "No images yet. Upload one: imgwire upload <path>";
  return `There is nothing on page ${page}${total === undefined ? "" : `: you have ${imageCount(total)}`}.`;
}

function imageCount(count: number): string {
  return count === 1 ? "1 image" : `${count} images`;
}

async function thumbnails(
  invocation: Invocation,
  images: readonly Fields[]
): Promise<readonly (Picture | undefined)[]> {
  if (invocation.out.columns < MIN_PICTURE_COLUMNS) return [];
  const urls = images.map((image) => String(image["cdn_url"]));
  return picturesOf(invocation, urls, THUMBNAIL);
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

/**
 * Fetches all pages. Stops when one adds no new images: a server that repeats itself mustn't cause a loop.
 */
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
