import type { Fields } from "../../../mcp/service/schemas.ts";
import type { Invocation } from "../../command.ts";
import { sideBySide } from "../../preview/side-by-side.ts";
import type { Picture } from "../../preview/draw.ts";
import { plain } from "../../ui/output.ts";
import { humanBytes } from "../../ui/progress.ts";
import { table } from "../../ui/table.ts";
import { cut } from "../../ui/width.ts";
import { ago } from "./image.ts";

type Out = Invocation["out"];

/** Narrower terminals have no room for an id in the same row. */
const MIN_TABLE_COLUMNS = 90;
/** Narrower terminals have no room for a thumbnail next to an id. */
export const MIN_PICTURE_COLUMNS = 48;
/** The size of a thumbnail in character cells. */
export const THUMBNAIL = { columns: 8, rows: 4 };

/**
 * Formats images in columns, in a few lines each on a narrow terminal, or tab-separated for other programs.
 */
export function describeImages(images: readonly Fields[], out: Out): string {
  if (images.length === 0) return "";
  if (out.terminal && out.columns < MIN_TABLE_COLUMNS) {
    return images.map((image) => linesOf(image, out, out.columns).join("\n  ")).join("\n");
  }
  const rows = images.map((image) => [
    nameOf(image),
    out.terminal ? sizeOf(image) : plain(image["size_bytes"] ?? ""),
    pixelsOf(image),
    out.terminal ? ago(image["created_at"]) : plain(image["created_at"] ?? ""),
    plain(image["status"] ?? ""),
    String(out.terminal ? image["id"] : (image["cdn_url"] ?? image["id"]))
  ]);
  return table(out.terminal ? [["NAME", "SIZE", "PIXELS", "AGE", "STATE", "ID"], ...rows] : rows, out);
}

/** Formats images with their thumbnails and the details next to each. */
export function describeWithPictures(
  images: readonly Fields[],
  pictures: readonly (Picture | undefined)[],
  out: Out
): string {
  const columns = out.columns - THUMBNAIL.columns - 2;
  return images
    .map((image, index) => sideBySide(pictures[index], THUMBNAIL, linesOf(image, out, columns)))
    .join("\n\n");
}

/** The details of an image: its name, other facts, and its id on its own line. */
function linesOf(image: Fields, { color }: Out, columns: number): string[] {
  const facts = [sizeOf(image), pixelsOf(image), ago(image["created_at"]), plain(image["status"] ?? "")];
  return [color.bold(cut(plain(nameOf(image)), columns)), facts.join("  "), color.dim(plain(image["id"]))];
}

function nameOf(image: Fields): string {
  return String(image["original_filename"] ?? image["id"]);
}

function sizeOf(image: Fields): string {
  return humanBytes(Number(image["size_bytes"] ?? 0));
}

function pixelsOf(image: Fields): string {
  return `${plain(image["width"] ?? "?")}×${plain(image["height"] ?? "?")}`;
}
