/**
 * Records a terminal session of the built program against the offline hosted service and draws it for the
 * README:
 *
 *     npm run picture     writes docs/demo.svg
 *
 * Everything in the picture is what the program printed. Only places are shown as a user would see them: the
 * offline service's addresses as those of the hosted one, the session's folder as `~`.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { drawTerminal, type ScreenLine } from "./picture/svg.ts";
import { type Cell, Terminal } from "./terminal/terminal.ts";

interface Service {
  process: ChildProcess;
  mcpUrl: string;
  cdnUrl: string;
}

const ROOT = resolve(import.meta.dirname, "..");
const PICTURE = join(ROOT, "docs", "demo.svg");
const TITLE = "imgwire: set up, upload an image, publish a document";
const README = "# Larkspur\n\n![Sunset](hero.jpg)\n";

/**
 * What is typed. What would fill the picture, such as the link of a sign-in, is left out.
 */
const SESSION: readonly { line: string; leaveOut?: RegExp }[] = [
  { line: "imgwire setup --yes", leaveOut: /^Opening your browser|^ {4}http|^ {4}backup|^$/ },
  { line: "imgwire upload hero.jpg" },
  { line: "imgwire publish README.md" },
  { line: "cat README.md" }
];
/** Seconds between a command and its answer, and between an answer and the next command. */
const PAUSE = { answer: 0.6, command: 1.2 };

const home = mkdtempSync(join(tmpdir(), "imgwire-picture-"));
const service = await startService();
try {
  mkdirSync(join(ROOT, "docs"), { recursive: true });
  writeFileSync(PICTURE, drawTerminal(TITLE, await record()));
  console.log(`Wrote ${PICTURE}`);
} finally {
  service.process.stdin?.end();
  await once(service.process, "exit");
  rmSync(home, { recursive: true, force: true });
}

async function startService(): Promise<Service> {
  const args = ["--import", "tsx", join(ROOT, "sandbox/main.ts"), "--json", "--auto-approve"];
  const child = spawn(process.execPath, args, { cwd: ROOT, stdio: ["pipe", "pipe", "inherit"] });
  const [line] = (await once(createInterface({ input: child.stdout }), "line")) as [string];
  return { process: child, ...(JSON.parse(line) as { mcpUrl: string; cdnUrl: string }) };
}

async function record(): Promise<ScreenLine[]> {
  const project = join(home, "site");
  mkdirSync(project);
  mkdirSync(join(home, ".codex"));
  writeFileSync(join(home, ".claude.json"), "{}");
  copyFileSync(join(ROOT, "scripts/demo/sunset.jpg"), join(project, "hero.jpg"));
  writeFileSync(join(project, "README.md"), README);
  putOnPath();
  const screen: ScreenLine[] = [];
  let at = 0.4;
  for (const { line, leaveOut } of SESSION) {
    screen.push({ text: `\u001b[32m~/site $\u001b[39m \u001b[1m${line}\u001b[22m`, at });
    at += PAUSE.answer;
    const lines = (await run(line, project))
      .map(shown)
      .filter((each) => !leaveOut?.test(withoutStyles(each)));
    screen.push(...lines.map((text) => ({ text, at })), { text: "", at });
    at += PAUSE.command;
  }
  return screen;
}

/** Makes `imgwire` a command of the session, as an installed package would. */
function putOnPath(): void {
  const command = join(home, "bin", "imgwire");
  mkdirSync(join(home, "bin"));
  writeFileSync(command, `#!/bin/sh\nexec '${process.execPath}' '${join(ROOT, "bin/imgwire.js")}' "$@"\n`);
  chmodSync(command, 0o755);
}

/** Runs a command on a terminal that is wide enough for every line, and reads its screen. */
async function run(line: string, cwd: string): Promise<string[]> {
  const terminal = new Terminal(["/bin/sh", "-c", line], {
    columns: 1_000,
    cwd,
    env: {
      HOME: home,
      PATH: [join(home, "bin"), process.env["PATH"]].join(delimiter),
      IMGWIRE_MCP_URL: service.mcpUrl,
      IMGWIRE_TOKEN_STORE: "file",
      IMGWIRE_NO_UPDATE_NOTIFIER: "1",
      BROWSER: join(ROOT, "sandbox/client/browser.js"),
      DISPLAY: ":0"
    }
  });
  const code = await terminal.exited;
  if (code !== 0) throw new Error(`${line} failed with exit code ${code}:\n${terminal.text()}`);
  const lines = terminal.cells().map(styled);
  terminal.close();
  return lines;
}

/** A line of the screen with the codes of its styles. */
function styled(cells: readonly Cell[]): string {
  let text = "";
  let before = "";
  for (const cell of cells) {
    const color = cell.foreground >= 0 && cell.foreground < 8 ? `;${30 + cell.foreground}` : "";
    const style = `\u001b[0${cell.bold ? ";1" : ""}${cell.dim ? ";2" : ""}${color}m`;
    text += style === before ? cell.text : style + cell.text;
    before = style;
  }
  return text.trimEnd();
}

function withoutStyles(line: string): string {
  // eslint-disable-next-line no-control-regex -- escape sequences begin with a control character
  return line.replace(/\u001b\[[\d;]*m/g, "").trimEnd();
}

/** A line with the places of this session as a user would see theirs. */
function shown(line: string): string {
  const origin = (url: string): string => new URL(url).origin;
  return line
    .replaceAll(origin(service.mcpUrl), "https://mcp.imgwire.dev")
    .replaceAll(origin(service.cdnUrl), "https://cdn.imgwire.dev")
    .replaceAll(join(home, "site") + "/", "")
    .replaceAll(home, "~");
}
