import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { foldersOf } from "../../src/agents/agent.ts";
import { AGENTS } from "../../src/agents/catalogue.ts";
import { removeFolder } from "../support/folder.ts";

const ROOT = join(import.meta.dirname, "../..");
const SHIPPED = join(ROOT, "skills/imgwire");
const FILES = readdirSync(SHIPPED, { recursive: true, encoding: "utf8" }).filter((name) =>
  name.endsWith(".md")
);

let home: string;
beforeEach(() => (home = mkdtempSync(join(tmpdir(), "imgwire-skill-"))));
afterEach(() => removeFolder(home));

interface SkillResult {
  folder: string;
  change: string;
  changed?: string[];
  usedBy?: string[];
  link?: string;
}

/** Runs the built program. */
function imgwire(args: string, cwd = home): { code: number | null; stdout: string; stderr: string } {
  const argv = [join(ROOT, "bin/imgwire.js"), ...args.split(" ")];
  const env = {
    HOME: home,
    PATH: process.env["PATH"],
    NO_COLOR: "1",
    IMGWIRE_CONFIG_DIR: join(home, "state")
  };
  const { status, stdout, stderr } = spawnSync(process.execPath, argv, { env, cwd, encoding: "utf8" });
  return { code: status, stdout, stderr };
}

/** Runs a command with `--json`. @returns what it did with the skill, by agent */
function skills(args: string, cwd = home): Record<string, SkillResult | null | undefined> {
  const run = imgwire(`${args} --json`, cwd);
  expect(run.code).toBe(0);
  const { results } = JSON.parse(run.stdout) as { results: { client: string; skill?: SkillResult | null }[] };
  return Object.fromEntries(results.map(({ client, skill }) => [client, skill]));
}

/** Every path below a folder, with the content of files. */
function tree(folder: string): Record<string, string> {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
  return Object.fromEntries(
    entries.map((entry) => {
      const path = join(entry.parentPath, entry.name);
      return [path, entry.isFile() ? readFileSync(path, "utf8") : "a folder"];
    })
  );
}

function expectShipped(folder: string): void {
  for (const name of FILES)
    expect(readFileSync(join(folder, name), "utf8")).toBe(readFileSync(join(SHIPPED, name), "utf8"));
}

const WITH_SKILLS = AGENTS.flatMap(({ id, skills, userFiles }) =>
  skills && userFiles ? [[id, skills.user] as const] : []
);

describe("imgwire install --skill", () => {
  it("installs the skill for every agent that reads skills, and uninstall leaves nothing behind [agents.skill-exact]", () => {
    writeFileSync(join(home, "mine.txt"), "mine");
    const before = tree(home);
    const ids = WITH_SKILLS.map(([id]) => id).join(" ");
    const installed = skills(`install ${ids} --skill`);
    const folders = foldersOf({ platform: "linux", home, env: {} });
    for (const [id, user] of WITH_SKILLS) {
      expect(installed[id]).toMatchObject({ folder: join(user(folders), "imgwire") });
      expectShipped(join(user(folders), "imgwire"));
    }
    expect(Object.values(skills(`install ${ids} --skill`)).map((skill) => skill?.change)).toEqual(
      WITH_SKILLS.map(() => "unchanged")
    );
    skills("uninstall --all");
    const state = join(home, "state");
    const left = Object.entries(tree(home)).filter(
      ([path]) => path !== state && !path.startsWith(`${state}/`)
    );
    expect(Object.fromEntries(left)).toEqual(before);
    expect(readdirSync(join(state, "state/installed"))).toEqual([]);
  });

  it("keeps a skills folder shared by two agents until both are uninstalled", () => {
    skills("install vscode copilot-cli --skill");
    expect(skills("uninstall vscode")["vscode"]).toMatchObject({ change: "kept", usedBy: ["copilot-cli"] });
    expectShipped(join(home, ".copilot/skills/imgwire"));
    expect(skills("uninstall copilot-cli")["copilot-cli"]).toMatchObject({ change: "removed" });
    expect(existsSync(join(home, ".copilot"))).toBe(false);
  });

  it("neither overwrites nor removes a skill file that the user has changed, and says so [agents.skill-exact]", () => {
    skills("install claude-code --skill");
    const mine = join(home, ".claude/skills/imgwire/references/sdks.md");
    appendFileSync(mine, "\nMy own note.\n");
    const text = readFileSync(mine, "utf8");
    const again = imgwire("install claude-code --skill");
    expect(again.code).toBe(0);
    expect(again.stdout).toContain("left alone in");
    expect(again.stdout).toContain("references/sdks.md");
    expect(readFileSync(mine, "utf8")).toBe(text);
    expect(skills("uninstall claude-code")["claude-code"]).toMatchObject({
      change: "removed",
      changed: ["references/sdks.md"]
    });
    expect(tree(join(home, ".claude"))).toEqual({
      [join(home, ".claude/skills")]: "a folder",
      [join(home, ".claude/skills/imgwire")]: "a folder",
      [dirname(mine)]: "a folder",
      [mine]: text
    });
  });

  it("updates an older version of the skill", () => {
    skills("install codex --skill");
    const folder = join(home, ".codex/skills/imgwire");
    const records = join(home, "state/state/installed");
    const record = join(
      records,
      readdirSync(records).find((name) => name.endsWith("-skill.json"))!
    );
    // As an older version would have left it: different text, a file that is gone today, and a record of
    // both.
    const old = createHash("sha256").update("old").digest("hex");
    for (const name of ["SKILL.md", "references/gone.md"]) writeFileSync(join(folder, name), "old");
    const stored = JSON.parse(readFileSync(record, "utf8")) as { files: Record<string, string[]> };
    Object.assign(stored.files, { "SKILL.md": [old], "references/gone.md": [old] });
    writeFileSync(record, JSON.stringify(stored));
    const state = (): unknown =>
      (JSON.parse(imgwire("install --list --json").stdout) as { client: string; skill: unknown }[]).find(
        ({ client }) => client === "codex"
      )?.skill;
    expect(state()).toBe("outdated");
    expect(skills("install codex --skill")["codex"]).toMatchObject({ change: "updated" });
    expectShipped(folder);
    expect(existsSync(join(folder, "references/gone.md"))).toBe(false);
    expect(state()).toBe("installed");
    appendFileSync(join(folder, "SKILL.md"), "mine");
    expect(state()).toBe("changed");
  });

  it("leaves alone a skill that another program installed", () => {
    const theirs = join(home, ".agents/skills/imgwire");
    mkdirSync(theirs, { recursive: true });
    writeFileSync(join(theirs, "SKILL.md"), "theirs");
    mkdirSync(join(home, ".claude/skills"), { recursive: true });
    symlinkSync(theirs, join(home, ".claude/skills/imgwire"));
    expect(skills("install claude-code kimi --skill")).toMatchObject({
      "claude-code": { change: "kept", link: theirs },
      kimi: { change: "kept", changed: ["SKILL.md"] }
    });
    skills("uninstall claude-code kimi");
    expect(readFileSync(join(theirs, "SKILL.md"), "utf8")).toBe("theirs");
  });

  it("installs the skill into the project, and not through a link that leads out of it [agents.links-of-projects-refused]", () => {
    const project = join(home, "project");
    const outside = join(home, "outside");
    mkdirSync(project);
    mkdirSync(outside);
    skills("install claude-code --skill --scope project", project);
    expectShipped(join(project, ".claude/skills/imgwire"));
    mkdirSync(join(project, ".gemini"));
    symlinkSync(outside, join(project, ".gemini/skills"));
    const run = imgwire("install gemini --skill --scope project --json", project);
    expect(run.code).toBe(1);
    expect(JSON.parse(run.stdout)).toMatchObject({ error: { code: "agent_config_link" } });
    expect(readdirSync(outside)).toEqual([]);
  });

  it("changes nothing with --dry-run, and says which agent reads no skills", () => {
    const before = tree(home);
    const run = imgwire("install claude-code boltai --skill --dry-run");
    expect(run.stdout).toContain(`skill: would be added to ${home}/.claude/skills/imgwire`);
    expect(run.stdout).toContain("skill: this agent doesn't support skills here");
    expect(tree(home)).toEqual(before);
  });
});
