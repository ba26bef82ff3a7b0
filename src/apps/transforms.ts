/** The transforms that the pages offer, by the CDN's names. Each may appear once in a URL. */
export const TRANSFORMS = [
  "width",
  "height",
  "resizing_type",
  "format",
  "quality",
  "rotate",
  "blur",
  "sharpen"
] as const;

export type TransformName = (typeof TRANSFORMS)[number];
export type Transforms = Partial<Record<TransformName, string>>;

/** Returns an image's URL with exactly these transforms. */
export function transformed(url: string, transforms: Transforms): string {
  const made = new URL(url);
  for (const name of TRANSFORMS) {
    const value = transforms[name];
    if (value) made.searchParams.set(name, value);
    else made.searchParams.delete(name);
  }
  return made.href;
}

/** Reads the transforms that a URL already has. */
export function transformsIn(url: string): Transforms {
  const { searchParams } = new URL(url);
  return Object.fromEntries(
    TRANSFORMS.flatMap((name) => (searchParams.has(name) ? [[name, searchParams.get(name)!]] : []))
  );
}

/** Returns the URL of a small version of an image. */
export function thumbnail(url: string, width: number): string {
  return transformed(url, { ...transformsIn(url), width: String(width), resizing_type: "inside" });
}

/** Returns Markdown that shows an image. */
export function markdown(url: string, alt: string): string {
  const text = alt.replace(/[\\[\]]/g, "\\$&").replace(/\s+/g, " ");
  const target = url.replace(/[\s()<>]/g, (each) => `%${each.charCodeAt(0).toString(16).padStart(2, "0")}`);
  return `![${text}](${target})`;
}

/**
 * Returns HTML that shows an image.
 * @param size the delivered image's size, if known
 */
export function html(url: string, alt: string, size: { width: number; height: number } | undefined): string {
  const measures = size ? ` width="${size.width}" height="${size.height}"` : "";
  return `<img src="${attribute(url)}" alt="${attribute(alt)}"${measures}>`;
}

function attribute(text: string): string {
  return text
    .replaceAll("&", "&amp;")
    .replaceAll('"', "&quot;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;");
}
