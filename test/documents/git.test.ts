import { execFileSync, spawnSync } from "node:child_process";
import { chmodSync, mkdtempSync, readFileSync, realpathSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { removeFolder } from "../support/folder.ts";
import { baseEnv, bin } from "../support/program.ts";

let folder: string;
let project: string;
let env: Record<string, string>;

beforeEach(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), "imgwire-git-")));
  project = join(folder, "project");
  // Stands in for npx and the registry: `npx -y imgwire-mcp …` runs the built program.
  writeFileSync(
    join(folder, "npx"),
    `#!/bin/sh\nshift 2\nexec "${process.execPath}" "${bin("imgwire")}" "$@"\n`
  );
  chmodSync(join(folder, "npx"), 0o755);
  env = baseEnv({
    ...{ HOME: folder, IMGWIRE_CONFIG_DIR: join(folder, "config"), GIT_CONFIG_NOSYSTEM: "1" },
    ...{ GIT_AUTHOR_NAME: "A", GIT_AUTHOR_EMAIL: "a@b", GIT_COMMITTER_NAME: "A", GIT_COMMITTER_EMAIL: "a@b" },
    PATH: `${folder}${delimiter}${process.env["PATH"] ?? ""}`
  });
  execFileSync("git", ["init", "-q", "-b", "main", project], { env });
});

afterEach(() => removeFolder(folder));

function git(...args: string[]): { status: number | null; text: string } {
  const { status, stdout, stderr } = spawnSync("git", args, { cwd: project, env, encoding: "utf8" });
  return { status, text: stdout + stderr };
}

function imgwire(...args: string[]): { status: number | null; stdout: string; stderr: string } {
  return spawnSync(process.execPath, [bin("imgwire"), "publish", ...args], {
    cwd: project,
    env,
    encoding: "utf8"
  });
}

function put(name: string, text: string): void {
  writeFileSync(join(project, name), text);
}

/** A lock file with these numbered images. */
function lock(...numbers: number[]): string {
  const images = numbers.map((number) => {
    const url = `https://cdn.imgwire.dev/o/e/${number}`;
    return [`${number}.png`, { sha256: String(number).repeat(64), image_id: `i${number}`, cdn_url: url }];
  });
  return JSON.stringify({ version: 2, images: Object.fromEntries(images) as object });
}

it("merges the lock files of two branches without a conflict [documents.git]", () => {
  expect(imgwire("--install-git")).toMatchObject({ status: 0 });
  expect(imgwire("--install-git")).toMatchObject({ status: 0 });
  expect(readFileSync(join(project, ".gitattributes"), "utf8")).toBe("imgwire.lock.json merge=imgwire\n");
  put("imgwire.lock.json", lock(1));
  expect(git("add", "-A").status).toBe(0);
  expect(git("commit", "-qm", "one")).toEqual({ status: 0, text: "" });
  git("checkout", "-qb", "other");
  put("imgwire.lock.json", lock(1, 2));
  git("commit", "-qam", "two");
  git("checkout", "-q", "main");
  put("imgwire.lock.json", lock(1, 3));
  git("commit", "-qam", "three");
  expect(git("merge", "-q", "other")).toMatchObject({ status: 0 });
  const merged = JSON.parse(readFileSync(join(project, "imgwire.lock.json"), "utf8")) as { images: object };
  expect(Object.keys(merged.images)).toEqual(["1.png", "2.png", "3.png"]);
});

it("rejects a commit of documents with unpublished images, and leaves an existing hook alone [documents.git]", () => {
  expect(imgwire("--install-git").status).toBe(0);
  put("a b.md", "![a](gone.png)\n");
  git("add", "-A");
  const { status, text } = git("commit", "-qm", "one");
  expect(status).not.toBe(0);
  expect(text).toContain("gone.png: image not found");
  const hook = join(project, ".git/hooks/pre-commit");
  writeFileSync(hook, "#!/bin/sh\nexit 0\n");
  expect(imgwire("--install-git").stderr).toContain("already exists, so it wasn't changed");
  expect(readFileSync(hook, "utf8")).toBe("#!/bin/sh\nexit 0\n");
});

it("annotates the lines that fail a check on GitHub [documents.annotations]", () => {
  put("x.md", "# T\n\n![100%](a,b.png)\n");
  env["GITHUB_ACTIONS"] = "true";
  const { status, stderr } = imgwire("--check", "x.md");
  expect(status).toBe(1);
  expect(stderr).toContain(
    "::error file=x.md,line=3,col=9,title=imgwire%3A missing::a,b.png: image not found: a,b.png\n"
  );
});
