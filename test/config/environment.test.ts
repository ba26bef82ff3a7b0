import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { EnvironmentChoice } from "../../src/config/environment.ts";
import { KnownEnvironments } from "../../src/config/known-environments.ts";
import { saveProject } from "../../src/config/project.ts";
import { resolveSettings, type SettingFlags } from "../../src/config/settings.ts";
import { removeFolder } from "../support/folder.ts";

let folder: string;
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), "choice-"))));
afterEach(() => removeFolder(folder));

/** Creates a folder, with a project file if an Environment is given. */
function place(name: string, environment?: string): string {
  const path = join(folder, name);
  mkdirSync(path, { recursive: true });
  if (environment) writeFileSync(join(path, ".imgwire.json"), JSON.stringify({ environment }));
  return path;
}

function choiceIn(cwd: string, flags: SettingFlags = {}): EnvironmentChoice {
  const configDir = join(folder, "config");
  const known = new KnownEnvironments({
    cacheDir: join(folder, "cache"),
    url: "u",
    account: () => undefined
  });
  const settings = resolveSettings({ flags, env: {}, cwd, configDir });
  return new EnvironmentChoice({ settings, configDir, cwd, home: place("home"), known });
}

describe("EnvironmentChoice", () => {
  it("uses the working directory's project if it is inside the client's root", () => {
    place("project", "outer");
    const choice = choiceIn(place("project/package", "inner"));
    choice.useRoots([join(folder, "project")]);
    expect(choice.current()).toMatchObject({ wanted: "inner", source: "project file" });
  });

  it("uses the root's project if the working directory isn't the client's", () => {
    const choice = choiceIn(place("elsewhere", "elsewhere"));
    expect(choice.current()?.wanted).toBe("elsewhere");
    choice.useRoots([place("project", "project")]);
    expect(choice.current()?.wanted).toBe("project");
  });

  it.each([
    ["a project file is found from the working directory", "project", false],
    ["there is none", "empty", true],
    ["only the home folder has one", "home/deep", true]
  ])("knows whether the client's roots are needed when %s", (_, cwd, wants) => {
    place("home", "home");
    place("project", "project");
    expect(choiceIn(place(cwd)).wantsRoots()).toBe(wants);
  });

  it("doesn't need roots if a flag decides, since no file outranks it", async () => {
    const choice = choiceIn(place("project", "file"), { environment: "flag" });
    expect(choice.wantsRoots()).toBe(false);
    await choice.chooseForProject({ id: "other", name: "Other" });
    expect(choice.current()).toEqual({ wanted: "flag", source: "flag", place: "--environment" });
  });

  it("treats a folder whose name begins with two dots as inside the client's root [system.inside]", () => {
    place("project", "outer");
    const choice = choiceIn(place("project/..cache", "inner"));
    choice.useRoots([join(folder, "project")]);
    expect(choice.current()?.wanted).toBe("inner");
  });

  it("writes to the current project file, or else to the client's root", async () => {
    const root = place("project");
    const inForce = choiceIn(place("project/package", "before"));
    inForce.useRoots([root]);
    const file = join(root, "package", ".imgwire.json");
    expect(await inForce.chooseForProject({ id: "after", name: "After" })).toBe(file);
    expect(inForce.current()?.wanted).toBe("after");

    const other = choiceIn(place("somewhere"));
    other.useRoots([root]);
    expect(await other.chooseForProject({ id: "x", name: "X" })).toBe(join(root, ".imgwire.json"));
  });

  it.each(["home", "/"])("writes no project file to %s", async (cwd) => {
    const choice = choiceIn(cwd === "/" ? cwd : place(cwd));
    await expect(choice.chooseForProject({ id: "x", name: "X" })).rejects.toMatchObject({
      code: "no_project_folder"
    });
  });
});

describe("a configuration that changes while the server runs", () => {
  afterEach(() => void vi.useRealTimers());

  it("rereads the configuration after a second [config.reread]", () => {
    vi.useFakeTimers({ toFake: ["Date"], now: 1_000_000 });
    const choice = choiceIn(place("project", "before"));
    expect(choice.current()?.wanted).toBe("before");
    place("project", "after");
    vi.setSystemTime(1_001_000);
    expect(choice.current()?.wanted).toBe("before");
    vi.setSystemTime(1_001_001);
    expect(choice.current()?.wanted).toBe("after");
  });
});

describe("an Environment selected in an unreadable file", () => {
  const unreadable = expect.objectContaining({ code: "environment_unreadable" }) as Error;

  function broken(name: string, content = "{broken"): string {
    const file = join(place(name), name === "config" ? "config.json" : ".imgwire.json");
    writeFileSync(file, content);
    return file;
  }

  it("selects no Environment if the project file is unreadable, even if the user selected one, and names the file [config.unreadable-choice]", async () => {
    const file = broken("project");
    const choice = choiceIn(place("project/deep"));
    await choice.chooseForUser({ id: "user", name: "User" });
    expect(choice.current()).toBeUndefined();
    expect(() => choice.requireReadable()).toThrow(unreadable);
    expect(() => choice.requireReadable()).toThrow(file);
  });

  it("selects no Environment if the user's file is unreadable, unless the project selects one [config.unreadable-choice]", () => {
    const file = broken("config");
    const choice = choiceIn(place("project"));
    expect(() => choice.requireReadable()).toThrow(file);
    place("project", "chosen");
    choice.changed();
    choice.requireReadable();
    expect(choice.current()?.wanted).toBe("chosen");
  });

  it("ignores unreadable files if a flag selects the Environment [config.unreadable-choice]", () => {
    broken("project");
    broken("config");
    const choice = choiceIn(place("project"), { environment: "flag" });
    choice.requireReadable();
    expect(choice.current()?.wanted).toBe("flag");
  });

  it("uses the project's Environment again once its file is readable [config.unreadable-choice]", () => {
    broken("project");
    const choice = choiceIn(place("project"));
    expect(() => choice.requireReadable()).toThrow(unreadable);
    place("project", "mended");
    choice.changed();
    choice.requireReadable();
    expect(choice.current()?.wanted).toBe("mended");
  });
});

describe("saveProject", () => {
  it("keeps the other members of a project file, and removes one that contained nothing else", async () => {
    const file = join(folder, ".imgwire.json");
    writeFileSync(file, '{"a": 1, "environment": "x", "b": [2]}');
    await saveProject(file, { id: "y", name: "Y" });
    expect(readFileSync(file, "utf8")).toBe(
      `${JSON.stringify({ a: 1, environment: "y", b: [2], environmentName: "Y" }, undefined, 2)}\n`
    );
    await saveProject(file, undefined);
    expect(JSON.parse(readFileSync(file, "utf8"))).toEqual({ a: 1, b: [2] });
    writeFileSync(file, '{"environment": "x"}');
    await saveProject(file, undefined);
    expect(() => readFileSync(file)).toThrow("ENOENT");
  });

  it.each(["[1]", '{"environment"', "7"])("leaves a project file with %s unchanged", async (text) => {
    const file = join(folder, ".imgwire.json");
    writeFileSync(file, text);
    await expect(saveProject(file, { id: "x", name: "X" })).rejects.toMatchObject({
      code: "project_file_invalid"
    });
    expect(readFileSync(file, "utf8")).toBe(text);
  });
});

describe("KnownEnvironments", () => {
  const LISTED = [{ id: "1", name: "One" }];

  function known(account: () => string | undefined, url = "https://a.example/mcp"): KnownEnvironments {
    return new KnownEnvironments({ cacheDir: join(folder, "cache"), url, account });
  }

  it("stores known Environments for one account at one hosted URL", async () => {
    await known(() => "ann").learn(LISTED);
    expect(known(() => "ann").fresh()).toEqual(LISTED);
    expect(known(() => "bob").fresh()).toBeUndefined();
    expect(known(() => "ann", "https://b.example/mcp").fresh()).toBeUndefined();
  });

  it("keeps known Environments in memory if the account is unknown", async () => {
    const own = known(() => undefined);
    await own.learn(LISTED);
    expect(own.fresh()).toEqual(LISTED);
    expect(known(() => undefined).fresh()).toBeUndefined();
  });

  it("treats old known Environments as stale, but can still show them", async () => {
    await known(() => "ann").learn(LISTED);
    const file = join(folder, "cache", "environments.json");
    writeFileSync(file, readFileSync(file, "utf8").replace(/"at":\d+/, '"at":1000'));
    expect(known(() => "ann").fresh()).toBeUndefined();
    expect(known(() => "ann").last()).toEqual(LISTED);
  });

  it.each(["", "{", "null", '{"https://a.example/mcp":{"ann":{"at":1,"environments":[{}]}}}'])(
    "ignores a cache of known Environments that contains %j",
    async (text) => {
      mkdirSync(join(folder, "cache"));
      writeFileSync(join(folder, "cache", "environments.json"), text);
      expect(known(() => "ann").last()).toEqual([]);
      await known(() => "ann").learn(LISTED);
      expect(known(() => "ann").fresh()).toEqual(LISTED);
    }
  );
});
