import { spawn } from "node:child_process";
import { once } from "node:events";
import { copyFileSync, mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Terminal } from "../../scripts/terminal/terminal.ts";
import { startSandbox, type Sandbox } from "../../sandbox/sandbox.ts";
import { createProgram } from "../../src/cli/program.ts";
import { baseEnv, ROOT, BROWSER } from "../support/program.ts";
import { removeFolder } from "../support/folder.ts";

const RUNNER = join(ROOT, "test/support/run-commands.js");

/**
 * The commands in the order in which they run, and what each shows; ID stands for an image's id. `layout`
 * marks output in columns, whose lines must fit the terminal unless a single word is too long.
 */
const COMMANDS: readonly { line: string; shows: RegExp; exit?: number; layout?: true }[] = [
  { line: "login", shows: /Signed in\.[^]*Robin Hale[^]*Next:/, layout: true },
  { line: "whoami", shows: /Larkspur Studio/, layout: true },
  { line: "whoami --all", shows: /default \(current\)/, layout: true },
  { line: "env list", shows: /\* production/ },
  { line: "env use staging", shows: /Now using staging/ },
  { line: "env current", shows: /staging/ },
  {
    line: "upload hero.jpg README.md",
    shows: /✓ hero\.jpg {2}46\.3 kB {2}(already )?uploaded[^]*1 (already )?uploaded, 1 failed/,
    exit: 1,
    layout: true
  },
  { line: "list", shows: /hero\.jpg[^]*1600×1000/, layout: true },
  { line: "show ID", shows: /mime_type {2,}image\/jpeg/ },
  { line: "url ID --preset small", shows: /@small/ },
  { line: "open ID", shows: /Opened http/ },
  { line: "download ID --output saved", shows: /saved/ },
  { line: "import http://127.0.0.1:1/a.png", shows: /cannot\s+be fetched/, exit: 1 },
  { line: "publish README.md --dry-run", shows: /!\[a\]\(hero\.jpg\)/, layout: true },
  { line: "keys create web", shows: /publishable/, layout: true },
  { line: "keys server", shows: /api-keys/, layout: true },
  { line: "metrics --interval daily", shows: /uploads +total \d+\n/, layout: true },
  { line: "usage", shows: /uploads/, layout: true },
  { line: "env clear", shows: /Removed your Environment/ },
  { line: "profile list", shows: /\* default/, layout: true },
  { line: "profile use work", shows: /login --profile work/, layout: true },
  { line: "profile use default", shows: /Now using/ },
  { line: "profile remove nosuch", shows: /no profile nosuch/, exit: 1, layout: true },
  { line: "config list", shows: /logLevel/ },
  { line: "config get logLevel", shows: /warn/ },
  { line: "config set logLevel error", shows: /Saved logLevel/ },
  { line: "config unset logLevel", shows: /Removed logLevel/ },
  { line: "config path", shows: /config\.json/ },
  { line: "roots add .", shows: /always read from/ },
  { line: "roots list", shows: /\// },
  { line: "roots remove .", shows: /no longer/ },
  { line: "install codex --dry-run", shows: /mcp_servers\.imgwire/ },
  { line: "install codex", shows: /Codex/, layout: true },
  { line: "uninstall codex", shows: /Codex/ },
  { line: "setup --yes", shows: /✓ Signed in as Robin Hale/, layout: true },
  { line: "tools", shows: /upload_images\n/, layout: true },
  { line: "call whoami", shows: /"email": "robin@larkspur\.example"/ },
  { line: "doctor", shows: /Sign-in/, layout: true },
  { line: "completion bash", shows: /complete/ },
  { line: "help", shows: /Images:[^]*upload/, layout: true },
  { line: "help settings", shows: /IMGWIRE_PROFILE/, layout: true },
  { line: "logout", shows: /Access revoked/ }
];

/** Commands that are tested elsewhere: the server, and the one that shells call. */
const NOT_HERE = ["mcp", "__complete"];

let sandbox: Sandbox;
const folders: string[] = [];

beforeAll(async () => {
  sandbox = await startSandbox({ autoApprove: true, processingMs: 0, accessTokenTtl: 3600 });
});
afterAll(async () => {
  await sandbox.close();
  await Promise.all(folders.map(removeFolder));
});

/** Creates a home folder with a project that contains an image and a document. */
function newHome(): { cwd: string; env: Record<string, string> } {
  const home = mkdtempSync(join(tmpdir(), "screens-"));
  folders.push(home);
  const cwd = join(home, "site");
  mkdirSync(cwd);
  copyFileSync(join(ROOT, "scripts/demo/sunset.jpg"), join(cwd, "hero.jpg"));
  writeFileSync(join(cwd, "README.md"), "# Larkspur\n\n![a](hero.jpg)\n");
  const env = {
    HOME: home,
    IMGWIRE_MCP_URL: sandbox.mcpUrl,
    IMGWIRE_CONFIG_DIR: join(home, "config"),
    IMGWIRE_TOKEN_STORE: "file",
    IMGWIRE_NO_UPDATE_NOTIFIER: "1",
    BROWSER,
    SHELL: "/bin/bash"
  };
  return { cwd, env: baseEnv(env) };
}

interface Section {
  line: string;
  text: string;
  exit: number;
  broken: string[];
}

/** Splits the output at the prompts of the runner. */
function sections(lines: readonly { text: string; broken: boolean }[]): Section[] {
  const all: Section[] = [];
  for (const { text, broken } of lines) {
    const [, line] = /^\$ imgwire (.*)$/.exec(text) ?? [];
    const [, exit] = /^\[exit (\d+)\]$/.exec(text) ?? [];
    const current = all.at(-1);
    if (line !== undefined) all.push({ line, text: "", exit: NaN, broken: [] });
    else if (exit !== undefined) current!.exit = Number(exit);
    else if (current) {
      current.text += `${text}\n`;
      if (broken) current.broken.push(text);
    }
  }
  return all;
}

function check(shown: readonly Section[], columns: number): void {
  expect(shown).toHaveLength(COMMANDS.length);
  for (const [index, { shows, exit = 0, layout }] of COMMANDS.entries()) {
    const { line, text, broken, exit: code } = shown[index]!;
    expect({ line, code, text }).toMatchObject({ code: exit });
    expect(text, line).toMatch(shows);
    expect(text, line).not.toMatch(/undefined|\[object|NaN|strict mode|Warning/);
    const avoidable = broken.filter((each) => each.split(" ").every((word) => word.length < columns / 2));
    if (layout) expect(avoidable, `${line} at ${columns} columns`).toEqual([]);
  }
}

const argv = JSON.stringify(COMMANDS.map(({ line }) => line.split(" ")));

async function onTerminal(columns: number, more: Record<string, string> = {}) {
  const { cwd, env } = newHome();
  const terminal = new Terminal([process.execPath, RUNNER, argv], { columns, cwd, env: { ...env, ...more } });
  await terminal.exited;
  return { shown: sections(terminal.writtenLines()), output: terminal.output, terminal };
}

describe("each command", { timeout: 120_000 }, () => {
  it("covers every command in the table of this test", () => {
    const program = createProgram("imgwire", "0", () => () => Promise.resolve(), process);
    const names = program.commands.flatMap((command) =>
      command.commands.length === 0
        ? [command.name()]
        : command.commands.map((each) => `${command.name()} ${each.name()}`)
    );
    const covered = (name: string): boolean => COMMANDS.some(({ line }) => `${line} `.startsWith(`${name} `));
    expect(names.filter((name) => !covered(name) && !NOT_HERE.includes(name))).toEqual([]);
  });

  it.concurrent.each([40, 80, 200])(
    "fits every command's output on a terminal with %i columns [cli.fits-terminal]",
    async (columns) => {
      const { shown, terminal } = await onTerminal(columns);
      check(shown, columns);
      await expect(terminal.cursorVisible()).resolves.toBe(true);
    }
  );

  it.concurrent("shows no colour with NO_COLOR [cli.plain-where-asked]", async () => {
    const { shown, output } = await onTerminal(80, { NO_COLOR: "1" });
    check(shown, 80);
    // eslint-disable-next-line no-control-regex -- escape sequences begin with a control character
    expect(output.match(/\u001b\[[\d;]*m/g) ?? []).toEqual([]);
  });

  it.concurrent("writes no escape sequence to a dumb terminal [cli.plain-where-asked]", async () => {
    const { shown, output } = await onTerminal(80, { TERM: "dumb" });
    check(shown, 80);
    expect(output).not.toContain("\u001b");
  });

  it.concurrent("writes no escape sequence and no prompt into a pipe [cli.plain-where-asked]", async () => {
    const { cwd, env } = newHome();
    const child = spawn(process.execPath, [RUNNER, argv], { cwd, env });
    child.stdin.end();
    const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr), once(child, "exit")]);
    const shown = sections(stdout.split("\n").map((line) => ({ text: line, broken: false })));
    expect(shown.map(({ exit }) => exit)).toEqual(COMMANDS.map(({ exit = 0 }) => exit));
    expect(stdout + stderr).not.toContain("\u001b");
    expect(shown.find(({ line }) => line.startsWith("upload"))!.text.trim()).toMatch(/^http\S+$/);
  });
});
