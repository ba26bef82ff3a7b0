import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import MarkdownIt from "markdown-it";
import { type DefaultTreeAdapterTypes, defaultTreeAdapter as tree, parse } from "parse5";

const markdown = new MarkdownIt({ html: true });
const ADDRESSES = ["src", "srcset", "poster", "href", "content", "xlink:href"];
const ELEMENTS = ["img", "source", "video", "image", "link", "meta", "input"];

/**
 * Compares what readers see of a document before and after: the same images in the same order, each unchanged
 * or on the CDN, and none that still refers to a file next to the document.
 */
export function differences(
  before: string,
  after: string,
  path: string,
  cdn: string
): { references: number; wrong: string[] } {
  const [old, now] = [imagesOf(before, path), imagesOf(after, path)];
  const wrong: string[] = [];
  if (old.length !== now.length) wrong.push(`${path}: ${old.length} images before, ${now.length} after`);
  for (const [index, address] of now.entries()) {
    if (address.startsWith(`${cdn}/`)) continue;
    if (address !== old[index]) wrong.push(`${path}: ${old[index]} became ${address}`);
    else if (isLeft(address, path)) wrong.push(`${path}: ${address} was left`);
  }
  // Counts references in front matter and JavaScript too, which no renderer sees.
  return { references: after.split(`${cdn}/`).length - before.split(`${cdn}/`).length, wrong };
}

/** Whether an image next to the document was missed. */
function isLeft(address: string, path: string): boolean {
  if (!/^[\w./-]+\.(?:png|jpe?g|gif|webp)$/i.test(address) || address.startsWith("/")) return false;
  return existsSync(join(dirname(path), address));
}

function imagesOf(text: string, path: string): string[] {
  const body = text.replace(/^---\n[\s\S]*?\n---\n/, "");
  const html = /\.html?$/.test(path) ? text : markdown.render(body);
  const found: string[] = [];
  const waiting: DefaultTreeAdapterTypes.Node[] = [parse(html)];
  for (let node = waiting.pop(); node; node = waiting.pop()) {
    if (tree.isElementNode(node) && ELEMENTS.includes(node.tagName)) {
      found.push(...node.attrs.filter(({ name }) => ADDRESSES.includes(name)).map(({ value }) => value));
    }
    if ("childNodes" in node) waiting.push(...node.childNodes);
  }
  return found;
}
