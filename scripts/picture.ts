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
import { text } from "node:stream/consumers";
import { drawTerminal, type ScreenLine } from "./picture/svg.ts";

interface Service {
  process: ChildProcess;
  mcpUrl: string;
  cdnUrl: string;
}

const ROOT = resolve(import.meta.dirname, "..");
const PICTURE = join(ROOT, "docs", "demo.svg");
const TITLE = "imgwire: install into agents, sign in, upload an image, publish a document";
const README = "# Larkspur\n\n![Sunset](hero.jpg)\n";

/**
 * What is typed. Remarks for people, such as the link of a sign-in, are left out where they would fill the
 * picture.
 */
const SESSION: readonly { line: string; remarks?: boolean }[] = [
  { line: "imgwire install claude-code codex" },
  { line: "imgwire login" },
  { line: "imgwire upload hero.jpg", remarks: true },
  { line: "imgwire publish README.md", remarks: true },
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
  copyFileSync(join(ROOT, "scripts/demo/sunset.jpg"), join(project, "hero.jpg"));
  writeFileSync(join(project, "README.md"), README);
  putOnPath();
  const screen: ScreenLine[] = [];
  let at = 0.4;
  for (const { line, remarks } of SESSION) {
    screen.push({ text: `\u001b[32m~/site $\u001b[39m \u001b[1m${line}\u001b[22m`, at });
    at += PAUSE.answer;
    const output = await run(line, project, remarks === true);
    screen.push(...output.split("\n").map((each) => ({ text: shown(each), at })), { text: "", at });
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

async function run(line: string, cwd: string, remarks: boolean): Promise<string> {
  const child = spawn("/bin/sh", ["-c", remarks ? `${line} 2>&1` : line], {
    cwd,
    env: {
      HOME: home,
      PATH: [join(home, "bin"), process.env["PATH"]].join(delimiter),
      IMGWIRE_MCP_URL: service.mcpUrl,
      IMGWIRE_TOKEN_STORE: "file",
      BROWSER: join(ROOT, "sandbox/client/browser.js"),
      DISPLAY: ":0",
      FORCE_COLOR: "1"
    }
  });
  const [output, said] = await Promise.all([text(child.stdout), text(child.stderr), once(child, "exit")]);
  if (child.exitCode !== 0)
    throw new Error(`${line} failed with exit code ${child.exitCode}:\n${output}${said}`);
  return output.trimEnd();
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
