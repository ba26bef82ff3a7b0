import { describe, expect, it } from "vitest";
import { AGENTS, configFile, foldersOf, type Machine, type Scope } from "../../src/agents/catalogue.ts";

const LINUX: Machine = { platform: "linux", home: "/home/ada", env: {} };
const MACOS: Machine = { platform: "darwin", home: "/Users/ada", env: { XDG_CONFIG_HOME: "/ignored" } };
const WINDOWS: Machine = {
  platform: "win32",
  home: "C:\\Users\\ada",
  env: { APPDATA: "D:\\Roaming" }
};

function files(machine: Machine, scope: Scope, projectDir: string): Record<string, string | undefined> {
  return Object.fromEntries(AGENTS.map((agent) => [agent.id, configFile(agent, scope, machine, projectDir)]));
}

describe("where the agents keep their servers", () => {
  it("for a user of Linux", () => {
    expect(files(LINUX, "user", "/project")).toEqual({
      "claude-code": "/home/ada/.claude.json",
      vscode: "/home/ada/.config/Code/User/mcp.json",
      codex: "/home/ada/.codex/config.toml",
      gemini: "/home/ada/.gemini/settings.json",
      cursor: "/home/ada/.cursor/mcp.json",
      windsurf: "/home/ada/.codeium/windsurf/mcp_config.json",
      "claude-desktop": "/home/ada/.config/Claude/claude_desktop_config.json",
      zed: "/home/ada/.config/zed/settings.json"
    });
  });

  it("for a user of macOS", () => {
    expect(files(MACOS, "user", "/project")).toEqual({
      "claude-code": "/Users/ada/.claude.json",
      vscode: "/Users/ada/Library/Application Support/Code/User/mcp.json",
      codex: "/Users/ada/.codex/config.toml",
      gemini: "/Users/ada/.gemini/settings.json",
      cursor: "/Users/ada/.cursor/mcp.json",
      windsurf: "/Users/ada/.codeium/windsurf/mcp_config.json",
      "claude-desktop": "/Users/ada/Library/Application Support/Claude/claude_desktop_config.json",
      zed: "/Users/ada/.config/zed/settings.json"
    });
  });

  it("for a user of Windows", () => {
    expect(files(WINDOWS, "user", "E:\\work")).toEqual({
      "claude-code": "C:\\Users\\ada\\.claude.json",
      vscode: "D:\\Roaming\\Code\\User\\mcp.json",
      codex: "C:\\Users\\ada\\.codex\\config.toml",
      gemini: "C:\\Users\\ada\\.gemini\\settings.json",
      cursor: "C:\\Users\\ada\\.cursor\\mcp.json",
      windsurf: "C:\\Users\\ada\\.codeium\\windsurf\\mcp_config.json",
      "claude-desktop": "D:\\Roaming\\Claude\\claude_desktop_config.json",
      zed: "D:\\Roaming\\Zed\\settings.json"
    });
    expect(foldersOf({ ...WINDOWS, env: {} }).appData).toBe("C:\\Users\\ada\\AppData\\Roaming");
  });

  it("for a project", () => {
    expect(files(LINUX, "project", "/project")).toEqual({
      "claude-code": "/project/.mcp.json",
      vscode: "/project/.vscode/mcp.json",
      codex: "/project/.codex/config.toml",
      gemini: "/project/.gemini/settings.json",
      cursor: "/project/.cursor/mcp.json",
      windsurf: undefined,
      "claude-desktop": undefined,
      zed: "/project/.zed/settings.json"
    });
    expect(files(WINDOWS, "project", "E:\\work")["vscode"]).toBe("E:\\work\\.vscode\\mcp.json");
  });

  it("where the agents' own variables move them", () => {
    const env = {
      CLAUDE_CONFIG_DIR: "/c",
      CODEX_HOME: "/x",
      GEMINI_CLI_HOME: "/g",
      XDG_CONFIG_HOME: "/xdg"
    };
    expect(files({ ...LINUX, env }, "user", "/project")).toMatchObject({
      "claude-code": "/c/.claude.json",
      codex: "/x/config.toml",
      gemini: "/g/.gemini/settings.json",
      vscode: "/xdg/Code/User/mcp.json",
      zed: "/xdg/zed/settings.json"
    });
  });
});

describe("what is written", () => {
  const url = new URL("https://mcp.imgwire.dev/mcp");

  it("for the hosted URL", () => {
    const entries = AGENTS.map(({ id, hostedEntry }) => [
      id,
      "instead" in hostedEntry ? hostedEntry.instead : hostedEntry(url)
    ]);
    expect(Object.fromEntries(entries)).toEqual({
      "claude-code": { type: "http", url: url.href },
      vscode: { type: "http", url: url.href },
      codex: { url: url.href, oauth_resource: "https://mcp.imgwire.dev/" },
      gemini: { httpUrl: url.href },
      cursor: { url: url.href },
      windsurf: { serverUrl: url.href },
      "claude-desktop": expect.stringContaining("Settings, Connectors") as string,
      zed: { url: url.href }
    });
  });

  it("for the stdio server, with variables only where there are some", () => {
    const command = { command: "/n", args: ["/s"], env: {} };
    const entries = Object.fromEntries(AGENTS.map(({ id, stdioEntry }) => [id, stdioEntry(command)]));
    const plain = { command: "/n", args: ["/s"] };
    expect(entries).toEqual({
      "claude-code": { type: "stdio", ...plain },
      vscode: { type: "stdio", ...plain },
      codex: { ...plain, startup_timeout_sec: 60, env_vars: expect.arrayContaining(["DISPLAY"]) as string[] },
      gemini: plain,
      cursor: plain,
      windsurf: plain,
      "claude-desktop": plain,
      zed: plain
    });
    for (const { stdioEntry } of AGENTS) {
      expect(stdioEntry({ ...command, env: { A: "1" } })).toHaveProperty("env", { A: "1" });
    }
  });
});
