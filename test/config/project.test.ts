import { execFileSync } from "node:child_process";
import { chmodSync, chownSync, mkdirSync, mkdtempSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeEach, describe, expect, it } from "vitest";
import { findProject } from "../../src/config/project.ts";
import { resolveSettings } from "../../src/config/settings.ts";

const asRoot = process.getuid?.() === 0;
let top: string;
beforeEach(() => (top = mkdtempSync(join(tmpdir(), "project-"))));

function folder(name: string): string {
  const path = join(top, name);
  mkdirSync(path, { recursive: true });
  return path;
}

function choose(name: string, content: unknown = { environment: name }): string {
  const file = join(folder(name), ".imgwire.json");
  writeFileSync(file, typeof content === "string" ? content : JSON.stringify(content));
  return file;
}

describe("the search for a project file", () => {
  it("uses the nearest project file upward, with its profile [config.project-search]", () => {
    const path = choose("a", { environment: "outer", profile: "work", publish: {} });
    expect(findProject(folder("a/b/c"), "/nowhere")).toEqual({ path, environment: "outer", profile: "work" });
  });

  it("stops searching at the root of a repository, whose own file counts [config.project-search]", () => {
    choose("a");
    folder("a/repo/.git");
    expect(findProject(folder("a/repo/src"), "/nowhere")).toBeUndefined();
    choose("a/repo");
    expect(findProject(folder("a/repo/src"), "/nowhere")?.environment).toBe("a/repo");
  });

  it("stops searching at the home folder, whose own file counts [config.project-search]", () => {
    choose("home");
    expect(findProject(folder("home/me/x"), join(top, "home/me"))).toBeUndefined();
    choose("home/me");
    expect(findProject(folder("home/me/x"), join(top, "home/me"))?.environment).toBe("home/me");
  });

  it.each([0o777, 0o1777, 0o702])(
    "stops searching before a folder of mode %o [config.project-search]",
    (mode) => {
      choose("shared");
      const below = folder("shared/mine");
      chmodSync(join(top, "shared"), mode);
      expect(findProject(below, "/nowhere")).toBeUndefined();
      expect(findProject(join(top, "shared"), "/nowhere")).toBeUndefined();
    }
  );

  it.runIf(asRoot)(
    "stops searching before another user's folder, and ignores another user's file [config.project-search]",
    () => {
      const file = choose("theirs");
      const below = folder("theirs/mine");
      chownSync(join(top, "theirs"), 12_345, 12_345);
      expect(findProject(below, "/nowhere")).toBeUndefined();
      chownSync(join(top, "theirs"), 0, 0);
      chownSync(file, 12_345, 0);
      expect(findProject(below, "/nowhere")).toBeUndefined();
    }
  );

  it("ignores a project file that others can write to [config.project-search]", () => {
    chmodSync(choose("a"), 0o666);
    expect(findProject(folder("a"), "/nowhere")).toBeUndefined();
  });
});

it("reads only an Environment and a profile from a project file, whatever else it contains [config.project-chooses-little]", () => {
  const more = { url: "https://evil.example/mcp", browser: "./evil", clientSecret: "x", uploadRoots: ["/"] };
  const settings = {
    accessToken: "x",
    tokenStore: "file",
    logFile: "/tmp/x",
    callbackPort: 1,
    env: { A: "b" }
  };
  const path = choose("a", { environment: "e", ...more, ...settings });
  expect(findProject(folder("a"), "/nowhere")).toEqual({ path, environment: "e", profile: undefined });
  const { sources, url } = resolveSettings({ flags: {}, env: {}, cwd: folder("a"), configDir: folder("c") });
  const chosen = Object.entries(sources).filter(([, source]) => source === "project file");
  expect(chosen.map(([key]) => key)).toEqual(["environment"]);
  expect(url.hostname).not.toContain("evil");
});

describe("a project file that can't be read", () => {
  it.each([
    ["{broken", "is not valid JSON"],
    ["", "is not valid JSON"],
    ["[]", "is not a JSON object"],
    ["null", "is not a JSON object"],
    ["5", "is not a JSON object"],
    ['{"environment": 5}', '"environment" must be a non-empty string'],
    ['{"environment": ""}', '"environment" must be a non-empty string'],
    ['{"environment": {}}', '"environment" must be a non-empty string'],
    ['{"environment": "a", "profile": []}', '"profile" must be a non-empty string'],
    [`{"environment": ${"[".repeat(1_000_000)}`, "is nested too deeply"]
  ])(
    "reports an unreadable project file instead of ignoring it: %.30s [config.unreadable-choice]",
    (content, problem) => {
      const path = choose("a", content);
      const found = findProject(folder("a/b"), "/nowhere");
      expect(found).toMatchObject({ path, environment: undefined });
      expect(found?.problem).toContain(path);
      expect(found?.problem).toContain(problem);
    }
  );

  it("reports a FIFO in place of a project file without blocking [config.unreadable-choice]", () => {
    execFileSync("mkfifo", [join(folder("a"), ".imgwire.json")]);
    expect(findProject(folder("a/b"), "/nowhere")?.problem).toContain("is a FIFO");
  });

  it("reports a circular link in place of a project file and finishes the search [config.unreadable-choice]", () => {
    const path = join(folder("a"), ".imgwire.json");
    symlinkSync(path, path);
    expect(findProject(folder("a/b"), "/nowhere")?.problem).toContain(path);
  });

  it.each(["{}", '{"environment": null}', '{"publish": {"root": "x"}}'])(
    "reports no problem with a project file of %s, which selects no Environment [config.unreadable-choice]",
    (content) => {
      choose("a", content);
      expect(findProject(folder("a"), "/nowhere")?.problem).toBeUndefined();
    }
  );
});
