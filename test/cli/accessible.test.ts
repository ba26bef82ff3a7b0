import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Terminal } from "../../scripts/terminal/terminal.ts";
import { baseEnv, bin } from "../support/program.ts";
import { removeFolder } from "../support/folder.ts";

const QUESTION = /Numbers, separated by commas, or 0 for none \(Enter: 1, 2\): $/;

let home: string;
let terminal: Terminal;
beforeEach(async () => {
  home = mkdtempSync(join(tmpdir(), "accessible-"));
  writeFileSync(join(home, ".claude.json"), "{}");
  mkdirSync(join(home, ".codex"));
  const env = { HOME: home, IMGWIRE_CONFIG_DIR: join(home, "config"), IMGWIRE_ACCESSIBLE: "1" };
  const command = [process.execPath, bin("imgwire"), "install"];
  terminal = new Terminal(command, { columns: 80, cwd: home, env: baseEnv(env) });
  await terminal.shows(QUESTION);
});
afterEach(async () => {
  terminal.close();
  await removeFolder(home);
});

const hasImgwire = (file: string): boolean => {
  try {
    return readFileSync(join(home, file), "utf8").includes("imgwire");
  } catch {
    return false;
  }
};

describe("a question with IMGWIRE_ACCESSIBLE [cli.accessible]", { timeout: 30_000 }, () => {
  it("asks with a numbered list, accepts numbers, and asks again after an invalid answer", async () => {
    expect(terminal.text()).toMatch(/^Install Imgwire into\n {2}1\. Claude Code \(.*\n {2}2\. Codex \(/);
    terminal.type("9999\r");
    await terminal.shows(/Type numbers from 1 to \d+\.\nNumbers/);
    terminal.type("2\r");
    expect(await terminal.exited).toBe(0);
    expect([hasImgwire(".claude.json"), hasImgwire(".codex/config.toml")]).toEqual([false, true]);
    // eslint-disable-next-line no-control-regex -- escape sequences begin with a control character
    expect(terminal.output.replace(/\u001b\[[\d;]*m/g, "")).not.toContain("\u001b");
  });

  it("picks the preselected answers if only Enter is pressed", async () => {
    terminal.type("\r");
    expect(await terminal.exited).toBe(0);
    expect([hasImgwire(".claude.json"), hasImgwire(".codex/config.toml")]).toEqual([true, true]);
  });

  it.each([
    ["Ctrl-C", "\u0003"],
    ["the end of the input", "\u0004"]
  ])("changes nothing if a numbered question is left by %s", async (_, key) => {
    terminal.type(key);
    expect(await terminal.exited).toBe(130);
    expect([hasImgwire(".claude.json"), hasImgwire(".codex/config.toml")]).toEqual([false, false]);
    await expect(terminal.cursorVisible()).resolves.toBe(true);
  });
});
