import { symlink } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { gatherFiles, isPattern, splitPattern } from "../../src/transfer/gather.ts";
import type { PathPolicy } from "../../src/transfer/roots.ts";
import { freshFolder, put } from "./samples.ts";

let folder: Awaited<ReturnType<typeof freshFolder>>;
let policy: PathPolicy;
const { signal } = new AbortController();

beforeEach(async () => {
  folder = await freshFolder();
  for (const name of [
    "root/a.png",
    "root/docs/b.JPG",
    "root/docs/deep/c.webp",
    "root/docs/readme.md",
    "root/docs/.hidden/d.png",
    "root/node_modules/pkg/e.png",
    "root/odd [1].png",
    "outside/f.png"
  ]) {
    await put(folder.path, name, "x");
  }
  await symlink(join(folder.path, "outside"), join(folder.path, "root/docs/link"));
  policy = {
    uploadRoots: undefined,
    clientRoots: [join(folder.path, "root")],
    cwd: "/",
    home: "/nonexistent",
    temp: [],
    platform: process.platform
  };
});

afterEach(() => folder.remove());

async function gathered(written: string[], recursive = false): Promise<string[]> {
  const files = await gatherFiles(written, policy, { recursive, signal });
  return files.map((file) => ("error" in file ? file.error.code : file.path.replace(`${folder.path}/`, "")));
}

it.each([
  { name: "a pattern", written: ["docs/*"], files: ["root/docs/b.JPG"] },
  { name: "a deep pattern", written: ["docs/**/*.{webp,png}"], files: ["root/docs/deep/c.webp"] },
  {
    name: "a pattern over everything",
    written: ["**"],
    files: ["root/a.png", "root/docs/b.JPG", "root/docs/deep/c.webp", "root/odd [1].png"]
  },
  { name: "a file whose name looks like a pattern", written: ["odd [1].png"], files: ["root/odd [1].png"] },
  {
    name: "the same file twice",
    written: ["a.png", "./a.png", "*.png"],
    files: ["root/a.png", "root/odd [1].png"]
  },
  {
    name: "a named file without an image extension",
    written: ["docs/readme.md"],
    files: ["root/docs/readme.md"]
  },
  { name: "a file that doesn't exist", written: ["z.png", "a.png"], files: ["z.png", "root/a.png"] },
  { name: "a pattern without a match", written: ["*.gif", "a.png"], files: ["no_match", "root/a.png"] },
  { name: "an error for a folder without --recursive", written: ["docs"], files: ["usage"] },
  { name: "a pattern outside the roots", written: ["../outside/*.png"], files: ["outside_roots"] },
  { name: "a pattern over the whole system", written: ["/**/*.png"], files: ["outside_roots"] }
])("gathers $name", async ({ written, files }) => {
  expect(await gathered(written)).toEqual(files);
});

it("reports an error for a folder without images", async () => {
  await put(folder.path, "root/texts/readme.md", "x");
  expect(await gathered(["texts", "a.png"], true)).toEqual(["no_match", "root/a.png"]);
});

it("descends into all subfolders when told to, except hidden folders and links", async () => {
  expect(await gathered(["docs"], true)).toEqual(["root/docs/b.JPG", "root/docs/deep/c.webp"]);
});

it.each([
  ["C:\\proj\\*.png", "C:\\proj", "*.png"],
  ["C:\\proj\\docs\\*.png", "C:\\proj\\docs", "*.png"],
  ["C:/proj/docs/d?.png", "C:/proj/docs", "d?.png"],
  ["C:\\proj\\docs\\**\\[ab].{png,jpg}", "C:\\proj\\docs", "**/[ab].{png,jpg}"],
  ["C:\\proj\\new (1)\\*.png", "C:\\proj\\new (1)", "*.png"]
])(
  "parses the pattern %s on Windows with either separator [transfer.windows-globs]",
  async (typed, folder, rest) => {
    const folders = ["C:\\", "C:\\proj", "C:\\proj\\docs", "C:\\proj\\new (1)", "C:/proj/docs"];
    expect(isPattern(typed, "win32")).toBe(true);
    const isFolder = (path: string) => Promise.resolve(folders.includes(path));
    expect(await splitPattern(typed, "win32", isFolder)).toEqual({ folder, pattern: rest });
  }
);

it("finds a pattern's files in a folder whose name looks like a pattern", async () => {
  await put(folder.path, "root/new (1) [x]/g.png", "x");
  expect(await gathered(["new (1) [x]/*.png"])).toEqual(["root/new (1) [x]/g.png"]);
});
