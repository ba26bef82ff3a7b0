import type { LockFile } from "./lock-file.ts";

/** A delivery URL in a document: the image's own, and what is appended to it. */
export interface Delivery {
  base: string;
  suffix: string;
}

/** A fragment, transformations and a fragment, a preset and all of them. */
const SUFFIXES = [/$/, /(?:#.*)?$/, /(?:\?[^#]*)?(?:#.*)?$/, /(?:@[\w-]+)?(?:\?[^#]*)?(?:#.*)?$/];

/** Takes a URL apart; undefined unless some start of it is known. */
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

/** Whether a URL is one that Imgwire delivers an image under, by its form and its host. */
export function isDelivery(url: string, lock: LockFile): boolean {
  if (!/^https?:/.test(url) || !URL.canParse(url)) return false;
  const { host, origin, pathname } = new URL(url);
  return PATH.test(pathname) && (host === HOST || lock.hasOrigin(origin));
}

/** How an image is to be delivered: transformations of the CDN. */
export interface Transform {
  preset?: string | undefined;
  /** In pixels; `auto` is what the place in the document asks for. */
  width?: number | "auto" | undefined;
  format?: string | undefined;
  /** The widths that HTML and MDX offer an image in; undefined keeps those that are there. */
  srcset?: readonly number[] | undefined;
}

/** Each option takes the place of what says the same. */
const PARAMETERS = { width: ["width", "w"], format: ["format", "f", "ext", "extension"] } as const;

/** Applies what is asked for to what follows a delivery URL, and leaves all else of it. */
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
