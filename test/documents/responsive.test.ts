import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { LockFile } from "../../src/documents/lock-file.ts";
import { publishDocuments, undoPublication } from "../../src/documents/publication.ts";
import { freshFolder, put } from "../transfer/samples.ts";

const CDN = "https://cdn.imgwire.dev/org/env";
let folder: Awaited<ReturnType<typeof freshFolder>>;

beforeEach(async () => {
  folder = await freshFolder();
  await put(folder.path, "a.png", "a");
  await put(folder.path, "b.png", "b");
});

afterEach(() => folder.remove());

const sum = (path: string): string => createHash("sha256").update(readFileSync(path)).digest("hex");

/** The CDN URL of an image with this content. */
const cdn = (content: string): string =>
  `${CDN}/${createHash("sha256").update(content).digest("hex").slice(0, 12)}`;

function context() {
  const folders = { project: folder.path, roots: [folder.path] };
  const inspect = (path: string) => Promise.resolve({ sha256: sum(path) });
  return { lock: LockFile.read(folder.path), folders, inspect };
}

async function publish(name: string, transform: { srcset?: number[]; format?: string }): Promise<string> {
  const path = join(folder.path, name);
  const { problems } = await publishDocuments([path], {
    ...context(),
    transform,
    async upload(paths, tell) {
      for (const each of paths) {
        const sha256 = sum(each);
        await tell({
          path: each,
          sha256,
          imageId: sha256.slice(0, 8),
          cdnUrl: `${CDN}/${sha256.slice(0, 12)}`
        });
      }
    }
  });
  expect(problems).toEqual([]);
  return readFileSync(path, "utf8");
}

async function undo(name: string): Promise<string> {
  await undoPublication([join(folder.path, name)], context(), false);
  return readFileSync(join(folder.path, name), "utf8");
}

const HTML = `\uFEFF<p><img alt=x src=a.png><IMG src='b.png' srcset="b.png 2x"><img src="https://example.com/c.png"></p>\n`;
const MDX = `# x\n\n<img src="a.png" alt="x"/> <img\n  src='b.png'\n/>\n\n<Image src="a.png" />\n`;

test.each([
  ["page.html", HTML, "srcset"],
  ["page.mdx", MDX, "srcSet"]
])(
  "offers images of %s at the given widths, keeps and changes them, and restores every byte [documents.srcset]",
  async (name, before, attribute) => {
    await put(folder.path, name, before);
    const at = (widths: number[], query = ""): string =>
      ` ${attribute}="${widths.map((width) => `${cdn("a")}?${query}width=${width} ${width}w`).join(", ")}"`;
    const first = await publish(name, { srcset: [480, 960] });
    expect(first).toContain(at([480, 960]));
    // The author's own srcset stays, and an image that isn't published gets none.
    expect(first.match(/srcset=/gi)).toHaveLength(2);
    expect(await publish(name, {})).toBe(first);
    expect(await publish(name, { srcset: [480, 960] })).toBe(first);
    expect(await publish(name, { srcset: [320] })).toContain(at([320]));
    expect(await publish(name, { format: "webp" })).toContain(at([320], "format=webp&amp;"));
    expect(await undo(name)).toBe(before);

    const plain = await publish(name, {});
    await publish(name, { srcset: [320, 640] });
    expect(await publish(name, { srcset: [] })).toBe(plain);
    expect(await undo(name)).toBe(before);
  }
);

test("updates the srcset it wrote when the image changes [documents.srcset]", async () => {
  await put(folder.path, "page.html", '<img src="a.png">');
  await publish("page.html", { srcset: [480] });
  writeFileSync(join(folder.path, "a.png"), "new");
  const url = cdn("new");
  expect(await publish("page.html", {})).toBe(`<img src="${url}" srcset="${url}?width=480 480w">`);
  expect(await undo("page.html")).toBe('<img src="a.png">');
});

test("reads strings and templates in braces, even over several lines [documents.mdx]", async () => {
  const before =
    "<img srcSet={`\n  a.png 1x,\n  b.png 2x\n`} src={\"a.png\"} />\n\n<Image src={'b.png'} alt={'x'} />\n";
  await put(folder.path, "page.mdx", before);
  const [a, b] = [cdn("a"), cdn("b")];
  const after = `<img srcSet={\`\n  ${a} 1x,\n  ${b} 2x\n\`} src={"${a}"} />\n\n<Image src={'${b}'} alt={'x'} />\n`;
  expect(await publish("page.mdx", { srcset: [480] })).toBe(after);
  expect(await publish("page.mdx", {})).toBe(after);
  expect(await undo("page.mdx")).toBe(before);
});
