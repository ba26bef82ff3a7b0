import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { startSandbox, type Sandbox } from "../../sandbox/sandbox.ts";
import { Terminal } from "../../scripts/terminal/terminal.ts";
import { removeFolder } from "../support/folder.ts";
import { baseEnv, bin, imgwire, BROWSER } from "../support/program.ts";
import { picture, put } from "../transfer/samples.ts";

const ENTER = "\r";

let sandbox: Sandbox;
let home: string;
let env: Record<string, string>;
const homes: string[] = [];

beforeAll(async () => {
  sandbox = await startSandbox({
    autoApprove: true,
    environments: ["production", "staging"],
    link: "none",
    processingMs: 0
  });
});
afterAll(async () => {
  await sandbox.close();
  await Promise.all(homes.map(removeFolder));
});

/** A machine with Claude Code and Codex, but without Imgwire. */
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "setup-"));
  homes.push(home);
  writeFileSync(join(home, ".claude.json"), "{}");
  mkdirSync(join(home, ".codex"));
  env = baseEnv({
    HOME: home,
    IMGWIRE_MCP_URL: sandbox.mcpUrl,
    IMGWIRE_CONFIG_DIR: join(home, "config"),
    IMGWIRE_TOKEN_STORE: "file",
    BROWSER
  });
});

interface Answer {
  ok: boolean;
  steps: { step: string; state: string; message: string }[];
}

function states({ stdout }: { stdout: string }): Record<string, string> {
  const { steps } = JSON.parse(stdout) as Answer;
  return Object.fromEntries(steps.map(({ step, state }) => [step, state]));
}

describe("imgwire setup", { timeout: 60_000 }, () => {
  it("takes a user from an empty machine to the first image with two confirmations [cli.setup]", async () => {
    await put(home, "hero.png", await picture("png"));
    const terminal = new Terminal([process.execPath, bin("imgwire-mcp"), "setup"], {
      columns: 80,
      cwd: home,
      env: { ...env, npm_command: "exec" }
    });
    await terminal.shows(/Add Imgwire to Codex/);
    terminal.type(ENTER);
    await terminal.shows(/Which Environment/);
    terminal.type(ENTER);
    expect(await terminal.exited).toBe(0);
    const screen = terminal.text();
    expect(screen).toMatch(/✓ Signed in as Robin Hale \(Larkspur Studio\)\./);
    expect(screen).toMatch(/✓ Environment: production\./);
    expect(screen).toMatch(/✓ Claude Code: added to .*\.claude\.json/);
    expect(screen).toMatch(/✓ Codex: added to/);
    expect(screen).toMatch(/Next: npx -y imgwire-mcp upload <image>/);
    terminal.close();
    expect(readFileSync(join(home, ".codex/config.toml"), "utf8")).toContain("[mcp_servers.imgwire]");
    expect(readFileSync(join(home, ".claude/skills/imgwire/SKILL.md"), "utf8")).toContain("name: imgwire");

    const uploaded = await imgwire(["upload", join(home, "hero.png")], env);
    expect(uploaded.stdout).toMatch(/^http\S+\n$/);
  });

  it("sets up everything unattended with --yes, and then finds nothing left to do [cli.setup]", async () => {
    const first = await imgwire(["setup", "--yes", "--json"], env);
    expect(first.code).toBe(0);
    expect(states(first)).toEqual({ login: "done", environment: "done", agents: "done" });
    const again = await imgwire(["setup", "--yes", "--json"], env);
    expect(states(again)).toEqual({ login: "already", environment: "already", agents: "already" });
    expect(readFileSync(join(home, ".claude.json"), "utf8")).toContain("imgwire");
  });

  it("skips the steps named by --skip [cli.setup]", async () => {
    const outcome = await imgwire(["setup", "--yes", "--skip", "login,skill", "--json"], env);
    expect(states(outcome)).toEqual({ login: "skipped", environment: "skipped", agents: "done" });
    expect(outcome.stdout).not.toContain("SKILL");
    expect((await imgwire(["setup", "--yes", "--skip", "nosuch"], env)).code).toBe(2);
  });

  it("continues after a failed step and exits with its code [cli.setup]", async () => {
    const offline = { ...env, IMGWIRE_MCP_URL: "http://127.0.0.1:1/mcp" };
    const outcome = await imgwire(["setup", "--yes", "--json"], offline);
    expect(outcome.code).toBe(4);
    expect(states(outcome)).toMatchObject({ login: "failed", agents: "done" });
  });

  it.each([
    ["in a pipe", {}],
    ["under an agent", { CLAUDECODE: "1" }]
  ])("doesn't prompt %s, and suggests --yes [cli.setup]", async (_, more) => {
    const { code, stderr } = await imgwire(["setup"], { ...env, ...more });
    expect({ code, stderr }).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("setup --yes") as string
    });
  });
});
