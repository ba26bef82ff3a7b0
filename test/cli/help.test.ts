import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { describe, expect, it } from "vitest";
import { version } from "../../package.json";
import { startCounterpart } from "../../sandbox/counterpart/counterpart.ts";
import { removeFolder } from "../support/folder.ts";
import { baseEnv, bin, imgwire } from "../support/program.ts";

const env = baseEnv();

describe("help", () => {
  it("prints requested help to stdout [cli.help-stream]", async () => {
    for (const args of [
      ["--help"],
      ["help"],
      ["help", "upload"],
      ["upload", "--help"],
      ["help", "settings"]
    ]) {
      const { code, stdout, stderr } = await imgwire(args, env);
      expect({ args, code, stderr }).toEqual({ args, code: 0, stderr: "" });
      expect(stdout).toMatch(/^(Usage: imgwire|Most settings)/);
    }
  });

  it("prints help for a missing command to stderr with exit code 2 [cli.help-stream]", async () => {
    for (const args of [[], ["env"]]) {
      const { code, stdout, stderr } = await imgwire(args, env);
      expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
      expect(stderr).toMatch(/^Usage: imgwire/);
    }
    const { code, stdout, stderr } = await imgwire(["help", "nosuch"], env);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toMatch(/^imgwire: There is no command "nosuch"\.\n {2}Commands: upload, /);
  });

  it("groups the commands and shows examples in the help", async () => {
    const { stdout } = await imgwire(["--help"], env);
    expect(stdout).toMatch(/\nImages:\n.*upload[^]*\nAccount:\n[^]*\nAgents:\n[^]*\nOther:\n/);
    expect(stdout).toContain("  imgwire upload hero.png    upload an image and print its CDN URL");
    expect(stdout).toContain("Global options: imgwire help settings");
  });

  it("fits the help of upload on a terminal with 24 rows", async () => {
    const { stdout } = await imgwire(["upload", "--help"], env);
    expect(stdout.trimEnd().split("\n").length).toBeLessThan(24);
  });

  it("accepts settings' flags before the help command", async () => {
    const { code, stdout } = await imgwire(
      ["--url", "http://127.0.0.1:9/mcp", "--environment", "x", "env", "current", "--json"],
      env
    );
    expect({ code, ...JSON.parse(stdout) }).toMatchObject({
      code: 0,
      environment: { name: "x" },
      source: "flag"
    });
  });
});

it.each(["--version", "-v", "-V", "version"])("prints the version for %s", async (arg) => {
  expect(await imgwire([arg], env)).toEqual({ code: 0, stdout: `${version}\n`, stderr: "" });
});

it("names errors after the program that was started", async () => {
  const child = spawn(process.execPath, [bin("imgwire-mcp"), "--nosuch"], { env });
  const [stderr] = await Promise.all([text(child.stderr), once(child, "exit")]);
  expect(stderr).toMatch(/^imgwire-mcp: .*--nosuch/);
});

it("exits quietly if the reader closes the pipe in the middle of 5 MB [cli.closed-pipe]", async () => {
  const hosted = await startCounterpart("legacy");
  const folder = mkdtempSync(join(tmpdir(), "pipe-"));
  const args = join(folder, "args.json");
  writeFileSync(args, JSON.stringify({ text: "long ".repeat(1_000_000) }));
  const own = baseEnv({
    IMGWIRE_MCP_URL: hosted.url,
    IMGWIRE_ACCESS_TOKEN: "CANARY-token",
    IMGWIRE_CONFIG_DIR: folder
  });
  const line = `'${process.execPath}' '${bin("imgwire")}' call echo --args '@${args}'`;
  const child = spawn("bash", ["-c", `set -o pipefail; ${line} | head -c 4`], { env: own });
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr), once(child, "exit")]);
  expect({ stdout, stderr, code: child.exitCode }).toEqual({ stdout: "long", stderr: "", code: 0 });
  await hosted.close();
  await removeFolder(folder);
});

it.runIf(process.platform === "linux")("says what imgwire-mcp is when a person starts it", async () => {
  const command = `${process.execPath} ${bin("imgwire-mcp")}`;
  const child = spawn("script", ["-qec", command, "/dev/null"], { env: { ...env, TERM: "xterm" } });
  let shown = "";
  for await (const part of child.stdout) {
    shown += String(part);
    if (shown.includes("see all commands")) break;
  }
  child.kill();
  expect(shown).toMatch(
    /an MCP server, waiting for an agent on stdin[^]*imgwire-mcp login[^]*imgwire-mcp install/
  );
});
