import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { Root } from "mdast";
import { fromMarkdown } from "mdast-util-from-markdown";
import { gfmFromMarkdown } from "mdast-util-gfm";
import { gfm } from "micromark-extension-gfm";
import { visit } from "unist-util-visit";
import { expect, test } from "vitest";
import { parsedInParts } from "../../src/documents/markdown-parts.ts";

const { resolve } = createRequire(import.meta.url);

/** Pieces of Markdown: the specification's examples, and constructs that span blank lines and parts. */
const PIECES = [
  ...readFileSync(resolve("commonmark-spec/spec.txt"), "utf8")
    .replaceAll("→", "\t")
    .matchAll(/^`{32} example\n([\s\S]*?)^\.\n/gm)
].map(([, markdown = ""]) => markdown);
PIECES.push(
  ...["![a][x]\n", "![SS][ẞ]\n\n> ![foo\n> bar][]\n", "![a\\]b][]\n", "![^1](z.png)\n", "# ![h](h.png)\n"],
  ...["[^1]: foo\n\n    ![q](q.png)\n", "- ![l](l.png)\n\n    ![l](m.png)\n", "    ![code](c.png)\n"],
  ...[
    "```\n![c](c.png)\n\n# x\n\n- y\n```\n",
    "<!--\n\n![x](c.png)\n\n-->\n",
    "text\r\n\r\ntext\r\r![r](r.png)\n"
  ]
);

/** Matches a start that may swallow everything after it. */
const OPENING = /`{3}|~{3}|<(?:!|\?|script|pre|style|textarea)/i;

/** The images, definitions and code in a tree, with their positions. */
function found(tree: Root, { start, shift }: { start: number; shift: number }): string[] {
  const nodes: string[] = [];
  visit(tree, (node) => {
    const from = shift + (node.position?.start.offset ?? 0);
    if (from < start || !/^(?:image|definition|code|html|inlineCode)/.test(node.type)) return;
    const what = "identifier" in node ? node.identifier : "url" in node ? node.url : "";
    nodes.push(`${node.type} ${what} ${from}-${shift + (node.position?.end.offset ?? 0)}`);
  });
  return nodes;
}

test("finds the same images, code and definitions in parts as in the whole document [documents.in-parts]", () => {
  const options = {
    extensions: [gfm()],
    mdastExtensions: gfmFromMarkdown().map(({ transforms: _, ...rest }) => rest)
  };
  const parse = (text: string): Root => fromMarkdown(text, options);
  const closed = PIECES.slice(0, -3)
    .filter((piece) => !OPENING.test(piece))
    .filter((_, index) => index % 3 === 0);
  const fences = PIECES.slice(-3);
  // Prose between them makes the document long enough for several parts, and is fast to parse.
  const text = closed.map(
    (piece, index) => `${piece}\n${fences[index % 11] ?? ""}\n${"Prose. ".repeat(120)}\n`
  );
  // Some definitions are only in the first part, others only in the last.
  const head = "[foo bar]: a.png\n\n[^1]: b\n";
  const document = [head, ...text, "[x]: x.png\n\n[ss]: s.png\n\n[a\\]b]: t.png\n"].join("\n");
  const parts = [...parsedInParts(document, parse)];
  expect(parts.length).toBeGreaterThan(2);
  expect(parts.flatMap((part) => found(part.tree, part))).toEqual(
    found(parse(document), { start: 0, shift: 0 })
  );
});
