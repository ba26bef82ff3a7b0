import { isFields, type ToolResult } from "./host.ts";

type Fields = Readonly<Record<string, unknown>>;

/** An image as the pages show it; unknown members are undefined. */
export interface Picture {
  id: string | undefined;
  name: string;
  /** The delivery URL; undefined while the CDN doesn't deliver it. */
  url: string | undefined;
  width: number | undefined;
  height: number | undefined;
  bytes: number | undefined;
  /** In Imgwire's spelling, such as READY. */
  status: string | undefined;
}

/** A file that was not uploaded. */
export interface Failure {
  name: string;
  reason: string;
}

/** The images in a tool's result. */
export interface Listing {
  pictures: Picture[];
  failures: Failure[];
  /** The number of images on all pages. */
  total: number | undefined;
  /** The number of uploaded images that aren't listed. */
  omitted: number;
  /** The position of this page in results that have several. */
  page: number | undefined;
  limit: number | undefined;
}

/** Extracts a result's JSON object from its structured content or its text. */
export function fieldsOf(result: ToolResult): Fields {
  const fields = isFields(result.structuredContent) ? result.structuredContent : parse(textOf(result));
  return isFields(fields["result"]) ? fields["result"] : fields;
}

/** Returns the first text of a result. */
export function textOf({ content }: ToolResult): string {
  const block = content?.find(({ type }) => type === "text");
  return typeof block?.["text"] === "string" ? block["text"] : "";
}

/** Reads the results of all tools that list, create or show images, under any of the names they use. */
export function listingIn(result: ToolResult): Listing {
  const fields = fieldsOf(result);
  const list = ["images", "files", "items", "results", "data"]
    .map((name) => fields[name])
    .find((value): value is unknown[] => Array.isArray(value));
  const entries = (list ?? [isFields(fields["image"]) ? { ...fields, ...fields["image"] } : fields]).filter(
    isFields
  );
  const failed = entries.filter(({ state }) => state === "failed");
  return {
    pictures: entries.filter((entry) => !failed.includes(entry) && isImage(entry)).map(pictureOf),
    failures: failed.map((entry) => ({
      name: nameOf(entry),
      reason: text(entry["error"]) ?? "Imgwire gave no reason."
    })),
    total: count(fields["total"] ?? fields["total_count"]),
    omitted: count(fields["omitted"]) ?? 0,
    page: count(fields["page"]),
    limit: count(fields["limit"])
  };
}

function isImage(entry: Fields): boolean {
  return ["id", "image_id", "cdn_url"].some((name) => typeof entry[name] === "string");
}

function pictureOf(entry: Fields): Picture {
  const upload = isFields(entry["upload"]) ? entry["upload"] : {};
  const isStored = [entry["status"], entry["state"]].every(
    (state) => state === undefined || state === "READY" || state === "ready"
  );
  return {
    id: text(entry["id"]) ?? text(entry["image_id"]),
    name: nameOf({ ...upload, ...entry }),
    url: isStored ? webUrl(entry["cdn_url"]) : undefined,
    width: count(entry["width"]),
    height: count(entry["height"]),
    bytes: count(entry["size_bytes"]) ?? count(upload["size_bytes"]),
    status: text(entry["status"]) ?? text(entry["state"])?.toUpperCase()
  };
}

function nameOf(entry: Fields): string {
  const path = text(entry["original_filename"]) ?? text(entry["path"]) ?? text(entry["file_name"]);
  return path?.split(/[\\/]/).at(-1) || "Image";
}

/** Returns a URL only if it is safe to show and open: a server could send a `javascript:` URL. */
function webUrl(value: unknown): string | undefined {
  const url = typeof value === "string" && URL.canParse(value) ? new URL(value) : undefined;
  return url?.protocol === "https:" || url?.protocol === "http:" ? url.href : undefined;
}

function text(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}

function count(value: unknown): number | undefined {
  return typeof value === "number" && Number.isInteger(value) && value > 0 ? value : undefined;
}

function parse(json: string): Fields {
  try {
    const value: unknown = JSON.parse(json);
    return isFields(value) ? value : {};
  } catch {
    return {};
  }
}
