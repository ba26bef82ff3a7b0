import { execFileSync } from "node:child_process";
import {
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  symlinkSync,
  truncateSync,
  writeFileSync
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { removeFolder } from "../support/folder.ts";
import { baseEnv, imgwire, type Outcome } from "../support/program.ts";

let folder: string;
let project: string;
beforeEach(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), "foreign-")));
  project = join(folder, "project");
  mkdirSync(join(project, ".git"), { recursive: true });
});
afterEach(() => removeFolder(folder));

function preview(...args: string[]): Promise<Outcome> {
  const env = baseEnv({ IMGWIRE_CONFIG_DIR: join(folder, "config") });
  return imgwire(["publish", "--dry-run", "--json", ...args], env, "", project);
}

const problemsOf = ({ stdout }: Outcome) =>
  (JSON.parse(stdout) as { problems?: { document: string; code: string }[] }).problems;

/** What a repository may contain in place of a file to read. */
const FOREIGN: readonly [what: string, make: (at: string) => void][] = [
  ["a FIFO", (at) => execFileSync("mkfifo", [at])],
  ["a link to a FIFO", (at) => (execFileSync("mkfifo", [`${at}.fifo.md`]), symlinkSync(`${at}.fifo.md`, at))],
  ["a sparse terabyte", (at) => (writeFileSync(at, ""), truncateSync(at, 2 ** 40))]
];

describe.skipIf(process.platform === "win32")("publish in a repository with irregular files", () => {
  it.each(FOREIGN)("reads the other documents next to %s [documents.read-door]", async (_, make) => {
    make(join(project, "bad.md"));
    writeFileSync(join(project, "good.md"), "![a](missing.png)\n");
    const outcome = await preview("bad.md", "good.md");
    expect(outcome.code).toBe(1);
    expect(problemsOf(outcome)).toMatchObject([
      { code: "document_unreadable" },
      { document: "good.md", code: "missing" }
    ]);
  });

  const BESIDE = [
    ...FOREIGN,
    ["a link to a device that never ends", (at: string) => symlinkSync("/dev/zero", at)] as const
  ];

  it.each(BESIDE)("fails instead of blocking if .gitignore is %s [documents.read-door]", async (_, make) => {
    make(join(project, ".gitignore"));
    writeFileSync(join(project, "good.md"), "");
    const outcome = await preview(".");
    expect(outcome).toMatchObject({ code: 1 });
    expect(outcome.stdout).toContain(join(project, ".gitignore"));
  });

  it.each(BESIDE)(
    "fails instead of blocking if the lock file is %s [documents.read-door]",
    async (_, make) => {
      make(join(project, "imgwire.lock.json"));
      writeFileSync(join(project, "good.md"), "");
      const outcome = await preview(".");
      expect(outcome).toMatchObject({ code: 1 });
      expect(JSON.parse(outcome.stdout)).toMatchObject({ error: { code: "lock_file_unusable" } });
    }
  );

  it("skips a document that is not UTF-8 and names it [documents.read-door]", async () => {
    writeFileSync(join(project, "bad.md"), Buffer.from([0xff, 0xfe, 0x21]));
    expect(problemsOf(await preview("bad.md"))).toMatchObject([{ code: "document_encoding" }]);
  });

  it.each([
    ["a document", "notes.md", "notes.md"],
    ["a folder", "docs", "docs"],
    ["a device", "zero.md", "zero.md"],
    ["a document in a linked folder", "docs", "docs/notes.md"]
  ])(
    "refuses %s that a link in the project reaches outside of it [documents.links]",
    async (_, link, named) => {
      const outside = join(folder, "outside");
      mkdirSync(outside);
      writeFileSync(join(outside, "notes.md"), "![a](a.png)\n");
      symlinkSync("/dev/zero", join(outside, "zero.md"));
      symlinkSync(link === "docs" ? outside : join(outside, link), join(project, link));
      const outcome = await preview(named);
      expect(outcome.code).toBe(1);
      expect(JSON.parse(outcome.stdout)).toMatchObject({ error: { code: "link_refused" } });
      expect(outcome.stdout).toContain(link === "zero.md" ? "/dev/zero" : outside);
      expect(readFileSync(join(outside, "notes.md"), "utf8")).toBe("![a](a.png)\n");
    }
  );

  it("follows a link that stays within the project [documents.links]", async () => {
    mkdirSync(join(project, "docs"));
    writeFileSync(join(project, "docs", "notes.md"), "![a](missing.png)\n");
    symlinkSync("docs/notes.md", join(project, "README.md"));
    expect(problemsOf(await preview("README.md"))).toMatchObject([
      { document: "docs/notes.md", code: "missing" }
    ]);
  });
});
