import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, realpathSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startSandbox, type Sandbox } from "../../sandbox/sandbox.ts";
import { signIn } from "../../sandbox/client/oauth.ts";
import { Terminal } from "../../scripts/terminal/terminal.ts";
import { removeFolder } from "../support/folder.ts";
import { baseEnv, bin, imgwire, ROOT } from "../support/program.ts";
import { picture, put } from "../transfer/samples.ts";

let sandbox: Sandbox;
let home: string;
let env: Record<string, string>;

/** A user who is signed in but has selected no Environment yet. */
beforeAll(async () => {
  sandbox = await startSandbox({ autoApprove: true, link: "none", processingMs: 0, accessTokenTtl: 3600 });
  home = realpathSync(mkdtempSync(join(tmpdir(), "first-hour-")));
  env = baseEnv({
    HOME: home,
    IMGWIRE_MCP_URL: sandbox.mcpUrl,
    IMGWIRE_CONFIG_DIR: join(home, "config"),
    IMGWIRE_ACCESS_TOKEN: (await signIn(sandbox)).accessToken
  });
  await put(home, "a.png", await picture("png"));
  await put(home, "b.jpg", await picture("jpeg"));
});
afterAll(async () => {
  await sandbox.close();
  await removeFolder(home);
});

async function onTerminal(line: string, more: Record<string, string> = {}) {
  const terminal = new Terminal(["/bin/sh", "-c", line.replace("imgwire", `"$NODE" "$BIN"`)], {
    columns: 200,
    cwd: home,
    env: { ...env, NODE: process.execPath, BIN: bin("imgwire"), ...more }
  });
  await terminal.exited;
  return { screen: terminal.text(), output: terminal.output };
}

function times(text: string, part: string): number {
  return text.split(part).length - 1;
}

describe("a failed upload on a terminal", () => {
  it("reports a single file's error once [cli.failure-told-once]", async () => {
    const { screen } = await onTerminal("imgwire upload nosuch.png");
    expect(times(screen, "No such file")).toBe(1);
    expect(screen).toContain("Check the spelling");
  });

  it("reports an error that all files share once [cli.failure-told-once]", async () => {
    const { screen } = await onTerminal("imgwire upload a.png b.jpg", { CLAUDECODE: "1" });
    expect(screen).toBe("imgwire: No Environment selected.\n  Run: imgwire env use <production|staging>");
  });

  it("reports each file's own error if several fail [cli.failure-told-once]", async () => {
    const { screen } = await onTerminal("imgwire upload nosuch.png nothing.png");
    // Whichever fails first is reported first.
    for (const name of ["nosuch", "nothing"]) expect(screen).toContain(`✗ No such file: ${name}.png`);
    expect(screen).toContain("2 failed");
  });
});

it("doesn't prompt if the answer goes into a pipe [cli.plain-where-asked]", async () => {
  const { screen } = await onTerminal("imgwire list | cat");
  expect(screen).toBe("imgwire: No Environment selected.\n  Run: imgwire env use <production|staging>");
});

it("tells a CI job that isn't signed in to set a token [cli.sign-in-in-ci]", async () => {
  const signedOut = { ...env, IMGWIRE_ACCESS_TOKEN: "", IMGWIRE_TOKEN_STORE: "file" };
  const atHome = await imgwire(["upload", "a.png"], signedOut, "", home);
  expect(atHome.stderr).toBe("imgwire: You're not signed in.\n  Run `imgwire login`.\n");
  for (const flags of [[], ["--profile", "work"]]) {
    const inCi = await imgwire(["upload", "a.png", ...flags], { ...signedOut, CI: "true" }, "", home);
    expect(inCi).toMatchObject({
      code: 3,
      stderr: "imgwire: You're not signed in.\n  In CI, set IMGWIRE_ACCESS_TOKEN to an access token.\n"
    });
  }
});

it("lists the Environments to choose from and marks an unknown one [cli.environment-unknown]", async () => {
  const project = join(home, "unknown");
  mkdirSync(project);
  writeFileSync(join(project, ".imgwire.json"), '{"environment":"nosuch"}');
  const used = await imgwire(["env", "use", "nosuch"], env);
  expect(used.stderr).toBe(
    'imgwire: There is no Environment "nosuch".\n  Choose from: production, staging.\n'
  );
  const { stdout, code } = await imgwire(["whoami"], env, "", project);
  expect(code).toBe(0);
  expect(stdout).toMatch(/^Environment +nosuch, which isn't one of yours \(set in .*\.imgwire\.json\)$/m);
});

describe("imgwire publish", () => {
  it("says with publish --dry-run that there is nothing to change [documents.dry-run-empty]", async () => {
    await put(home, "plain.md", "# Nothing here\n");
    const { code, stdout, stderr } = await imgwire(["publish", "plain.md", "--dry-run"], env, "", home);
    expect({ code, stdout, stderr }).toEqual({ code: 0, stdout: "", stderr: "Nothing to change.\n" });
  });

  it("colours the diff of publish on a terminal [cli.diff-coloured]", async () => {
    await put(home, "x.md", "![a](a.png)\n");
    const { output } = await onTerminal("imgwire publish x.md --dry-run --environment staging");
    expect(output).toContain("\u001b[31m-![a](a.png)\u001b[39m");
    expect(output).toContain("\u001b[32m+![a](");
  });

  it("says that a document doesn't exist [documents.no-such-document]", async () => {
    const { code, stderr } = await imgwire(["publish", "nosuch.md"], env, "", home);
    expect(code).toBe(2);
    expect(stderr).toBe(
      `imgwire: No such file or folder: ${home}/nosuch.md.\n  Check the spelling of the path.\n`
    );
  });
});

describe("imgwire install", () => {
  it("suggests --print if install can't edit a file [agents.broken-file-hint]", async () => {
    mkdirSync(join(home, ".cursor"));
    writeFileSync(join(home, ".cursor/mcp.json"), '{\n  // mine\n  "mcpServers": {}\n}\n');
    const { stderr } = await imgwire(["install", "cursor"], env, "", home);
    expect(stderr).toBe(
      `imgwire: ${home}/.cursor/mcp.json, line 2, column 3: a comment, which this agent can't read (it reads plain JSON).\n` +
        "  Nothing was changed. Fix the file, or paste what `imgwire install cursor --print` shows.\n"
    );
  });

  it("colours the diff of install on a terminal, without git headers [cli.diff-coloured]", async () => {
    const { output } = await onTerminal("imgwire install codex --dry-run");
    expect(output).toContain("\u001b[32m+[mcp_servers.imgwire]\u001b[39m");
    expect(output).not.toContain("Index:");
  });
});

describe("npm run demo", () => {
  it.concurrent.each([
    [["--help"], 0, /^Usage: npm run demo/],
    [["--bogus"], 2, /^demo: .*--bogus.*\nUsage: npm run demo/],
    [["broken.png"], 1, /^demo: No such file: .*broken\.png\n$/]
  ])("answers %j in the demo without a stack trace [release.demo-usage]", async (args, status, says) => {
    const child = spawn(process.execPath, ["--import", "tsx", "scripts/demo.ts", ...args], { cwd: ROOT });
    const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr), once(child, "exit")]);
    expect({ status: child.exitCode, says: stdout + stderr }).toEqual({
      status,
      says: expect.stringMatching(says) as string
    });
    expect(stderr).not.toContain("    at ");
  });
});
