import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import MarkdownIt from "markdown-it";
import { type DefaultTreeAdapterTypes, defaultTreeAdapter as tree, parse } from "parse5";

const markdown = new MarkdownIt({ html: true });
const ADDRESSES = ["src", "srcset", "poster", "href", "content", "xlink:href"];
const ELEMENTS = ["img", "source", "video", "image", "link", "meta", "input"];

/**
 * Compares the rendered images of a document before and after: there must be the same number in the same
 * order, each unchanged or on the CDN, and none may still refer to a file next to the document.
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
    else if (isMissed(address, path)) wrong.push(`${path}: ${address} wasn't published`);
  }
  // Also counts references in front matter and JavaScript, which aren't rendered as images.
  return { references: after.split(`${cdn}/`).length - before.split(`${cdn}/`).length, wrong };
}

/** Whether an image is a file next to the document, which should have been published. */
function isMissed(address: string, path: string): boolean {
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
