import { mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { collectDocuments } from "../../src/documents/collect.ts";
import { IgnoreRules } from "../../src/documents/ignored.ts";
import { removeFolder } from "../support/folder.ts";

let project: string;
beforeEach(() => {
  project = mkdtempSync(join(tmpdir(), "ignored-"));
});
afterEach(() => removeFolder(project));

/** Creates these files in the project. @returns the documents found from a folder in it */
async function found(files: Readonly<Record<string, string>>, from = "."): Promise<string[]> {
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(project, name)), { recursive: true });
    writeFileSync(join(project, name), content);
  }
  const { documents } = await collectDocuments([join(project, from)], new IgnoreRules(project));
  return documents.map((path) => path.slice(project.length + 1)).sort();
}

it.each([
  ["a folder that git ignores", { ".gitignore": "dist/\n", "dist/a.html": "" }],
  ["a file that git ignores", { ".gitignore": "*.tmp.md\n", "a.tmp.md": "" }],
  ["a folder that a nested .gitignore ignores", { "docs/.gitignore": "/out\n", "docs/out/a.md": "" }],
  ["a virtual environment", { "venv/pyvenv.cfg": "", "venv/lib/a.md": "" }],
  ["installed packages", { "node_modules/x/README.md": "" }],
  ["a folder whose name begins with a dot", { ".cache/a.md": "" }]
])("skips %s [documents.ignored]", async (_, files) => {
  expect(await found({ ...files, "kept.md": "" })).toEqual(["kept.md"]);
});

it("reads documents that a later rule re-includes, and an ignored folder that is named explicitly [documents.ignored]", async () => {
  const files = { ".gitignore": "dist/\n*.md\n!kept.md\n", "dist/a.html": "", "kept.md": "", "left.md": "" };
  expect(await found(files)).toEqual(["kept.md"]);
  expect(await found({}, "dist")).toEqual(["dist/a.html"]);
});
