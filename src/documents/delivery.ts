import type { LockFile } from "./lock-file.ts";

/** A delivery URL in a document: the image's own URL and the suffix that was appended to it. */
export interface Delivery {
  base: string;
  suffix: string;
}

/** Matches increasingly long suffixes: none, a fragment, also transforms, also a preset. */
const SUFFIXES = [/$/, /(?:#.*)?$/, /(?:\?[^#]*)?(?:#.*)?$/, /(?:@[\w-]+)?(?:\?[^#]*)?(?:#.*)?$/];

/** Splits a URL into a known base and its suffix. @returns undefined if no base is known */
export function splitDelivery(url: string, isKnown: (start: string) => boolean): Delivery | undefined {
  if (!/^https?:/.test(url)) return undefined;
  for (const suffix of SUFFIXES) {
    const at = url.search(suffix);
    if (isKnown(url.slice(0, at))) return { base: url.slice(0, at), suffix: url.slice(at) };
  }
  return undefined;
}

const ID = "[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}";
const PATH = new RegExp(`^/[^/]+/[^/]+/${ID}(?:@[\\w-]+)?$`, "i");
const HOST = "cdn.imgwire.dev";

/** Whether a URL has the form and the host of Imgwire's delivery URLs. */
export function isDelivery(url: string, lock: LockFile): boolean {
  if (!/^https?:/.test(url) || !URL.canParse(url)) return false;
  const { host, origin, pathname } = new URL(url);
  return PATH.test(pathname) && (host === HOST || lock.hasOrigin(origin));
}

/** The CDN transforms to deliver an image with. */
export interface Transform {
  preset?: string | undefined;
  /** In pixels; `auto` takes the width that the document shows the image at. */
  width?: number | "auto" | undefined;
  format?: string | undefined;
  /** The widths to offer in the `srcset` of HTML and MDX images; undefined keeps the existing ones. */
  srcset?: readonly number[] | undefined;
}

/** The CDN's names for each option. Setting an option removes it under any of these names. */
const PARAMETERS = { width: ["width", "w"], format: ["format", "f", "ext", "extension"] } as const;

/** Applies transforms to the suffix of a delivery URL and keeps everything else in it. */
export function withTransform(suffix: string, transform: Transform, placeWidth: number | undefined): string {
  const [, before = "", query = "", fragment = ""] = /^(@[\w-]+)?(?:\?([^#]*))?(#.*)?$/.exec(suffix) ?? [];
  const width = transform.width === "auto" ? placeWidth : transform.width;
  let parts = query.split("&").filter(Boolean);
  for (const [name, value] of [
    ["width", width],
    ["format", transform.format]
  ] as const) {
    if (value === undefined) continue;
    parts = parts.filter(
      (part) => !(PARAMETERS[name] as readonly string[]).includes(part.split("=", 1)[0] ?? "")
    );
    parts.push(`${name}=${value}`);
  }
  const preset = transform.preset === undefined ? before : `@${transform.preset}`;
  return `${preset}${parts.length > 0 ? `?${parts.join("&")}` : ""}${fragment}`;
}
