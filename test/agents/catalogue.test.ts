import { describe, expect, it } from "vitest";
import { configFile, foldersOf, type Machine, type Scope } from "../../src/agents/agent.ts";
import { AGENTS, findAgent } from "../../src/agents/catalogue.ts";

const LINUX: Machine = { platform: "linux", home: "/home/ada", env: {} };
const MACOS: Machine = { platform: "darwin", home: "/Users/ada", env: { XDG_CONFIG_HOME: "/ignored" } };
const WINDOWS: Machine = {
  platform: "win32",
  home: "C:\\Users\\ada",
  env: { APPDATA: "D:\\Roaming", LOCALAPPDATA: "E:\\Local" }
};
const CODE_STORAGE = "/home/ada/.config/Code/User/globalStorage";

function files(machine: Machine, scope: Scope, projectDir: string): Record<string, string | undefined> {
  return Object.fromEntries(
    AGENTS.map((agent) => [agent.id, configFile(agent, scope, { machine, projectDir, exists: () => false })])
  );
}

describe("agents' configuration files", () => {
  it("lists every agent's configuration file for a Linux user", () => {
    expect(files(LINUX, "user", "/project")).toEqual({
      "claude-code": "/home/ada/.claude.json",
      codex: "/home/ada/.codex/config.toml",
      gemini: "/home/ada/.gemini/settings.json",
      "copilot-cli": "/home/ada/.copilot/mcp-config.json",
      opencode: "/home/ada/.config/opencode/opencode.jsonc",
      "opencode-2": "/home/ada/.config/opencode/opencode.jsonc",
      "cline-cli": "/home/ada/.cline/data/settings/cline_mcp_settings.json",
      kilo: "/home/ada/.config/kilo/kilo.jsonc",
      qwen: "/home/ada/.qwen/settings.json",
      droid: "/home/ada/.factory/mcp.json",
      grok: "/home/ada/.grok/config.toml",
      kimi: "/home/ada/.kimi-code/mcp.json",
      auggie: "/home/ada/.augment/settings.json",
      continue: "/home/ada/.continue/config.yaml",
      goose: "/home/ada/.config/goose/config.yaml",
      crush: "/home/ada/.config/crush/crush.json",
      amp: "/home/ada/.config/amp/settings.json",
      junie: "/home/ada/.junie/mcp/mcp.json",
      vibe: "/home/ada/.vibe/config.toml",
      "amazon-q": "/home/ada/.aws/amazonq/mcp.json",
      mcporter: "/home/ada/.mcporter/mcporter.json",
      pi: "/home/ada/.pi/agent/mcp.json",
      codebuddy: "/home/ada/.codebuddy/.mcp.json",
      vscode: "/home/ada/.config/Code/User/mcp.json",
      "vscode-insiders": "/home/ada/.config/Code - Insiders/User/mcp.json",
      vscodium: "/home/ada/.config/VSCodium/User/mcp.json",
      "code-server": "/home/ada/.local/share/code-server/User/mcp.json",
      "visual-studio": "/home/ada/.mcp.json",
      cursor: "/home/ada/.cursor/mcp.json",
      devin: "/home/ada/.config/devin/mcp_config.json",
      "claude-desktop": "/home/ada/.config/Claude/claude_desktop_config.json",
      zed: "/home/ada/.config/zed/settings.json",
      cline: `${CODE_STORAGE}/saoudrizwan.claude-dev/settings/cline_mcp_settings.json`,
      roo: `${CODE_STORAGE}/rooveterinaryinc.roo-cline/settings/mcp_settings.json`,
      kiro: "/home/ada/.kiro/settings/mcp.json",
      antigravity: "/home/ada/.gemini/config/mcp_config.json",
      trae: undefined,
      warp: "/home/ada/.warp/.mcp.json",
      "lm-studio": "/home/ada/.lmstudio/mcp.json",
      boltai: "/home/ada/.boltai/mcp.json",
      qoder: "/home/ada/.qoder/settings.json"
    });
  });

  it("lists every agent's configuration file for a macOS user", () => {
    expect(files(MACOS, "user", "/project")).toMatchObject({
      "claude-code": "/Users/ada/.claude.json",
      vscode: "/Users/ada/Library/Application Support/Code/User/mcp.json",
      "vscode-insiders": "/Users/ada/Library/Application Support/Code - Insiders/User/mcp.json",
      "claude-desktop": "/Users/ada/Library/Application Support/Claude/claude_desktop_config.json",
      devin: "/Users/ada/.config/devin/mcp_config.json",
      goose: "/Users/ada/.config/goose/config.yaml",
      zed: "/Users/ada/.config/zed/settings.json"
    });
  });

  it("lists every agent's configuration file for a Windows user", () => {
    expect(files(WINDOWS, "user", "E:\\work")).toMatchObject({
      "claude-code": "C:\\Users\\ada\\.claude.json",
      vscode: "D:\\Roaming\\Code\\User\\mcp.json",
      codex: "C:\\Users\\ada\\.codex\\config.toml",
      "claude-desktop": "D:\\Roaming\\Claude\\claude_desktop_config.json",
      devin: "D:\\Roaming\\devin\\mcp_config.json",
      goose: "D:\\Roaming\\Block\\goose\\config\\config.yaml",
      crush: "E:\\Local\\crush\\crush.json",
      "visual-studio": "C:\\Users\\ada\\.mcp.json",
      zed: "D:\\Roaming\\Zed\\settings.json"
    });
    expect(foldersOf({ ...WINDOWS, env: {} }).appData).toBe("C:\\Users\\ada\\AppData\\Roaming");
  });

  it("lists every agent's configuration file in a project", () => {
    const project = files(LINUX, "project", "/project");
    const without = Object.keys(project).filter((id) => project[id] === undefined);
    expect(without).toEqual([
      "cline-cli",
      "pi",
      "codebuddy",
      "claude-desktop",
      "cline",
      "lm-studio",
      "boltai",
      "qoder"
    ]);
    expect(project).toMatchObject({
      "claude-code": "/project/.mcp.json",
      vscode: "/project/.vscode/mcp.json",
      codex: "/project/.codex/config.toml",
      "copilot-cli": "/project/.github/mcp.json",
      opencode: "/project/opencode.json",
      continue: "/project/.continue/mcpServers/imgwire.yaml",
      devin: "/project/.devin/mcp_config.json",
      trae: "/project/.trae/mcp.json"
    });
    expect(files(WINDOWS, "project", "E:\\work")["vscode"]).toBe("E:\\work\\.vscode\\mcp.json");
  });

  it("picks the existing configuration file if an agent reads several", () => {
    const there = "/home/ada/.codeium/windsurf/mcp_config.json";
    const [devin] = AGENTS.filter(({ id }) => id === "devin");
    const place = { machine: LINUX, projectDir: "/project", exists: (path: string) => path === there };
    expect(devin && configFile(devin, "user", place)).toBe(there);
  });

  it("follows the environment variables that move an agent's configuration", () => {
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

describe("agents' entries", () => {
  const url = new URL("https://mcp.imgwire.dev/mcp");

  const plain = { command: "/n", args: ["/s"], env: { A: "1" } };
  const argv = { type: "local", command: ["/n", "/s"], environment: { A: "1" } };
  const SHAPES: Record<string, [stdio: object, hosted: object | string]> = {
    "claude-code": [
      { type: "stdio", ...plain },
      { type: "http", url: url.href }
    ],
    codex: [
      { ...plain, startup_timeout_sec: 60, env_vars: expect.arrayContaining(["DISPLAY"]) as string[] },
      { url: url.href, oauth_resource: "https://mcp.imgwire.dev/" }
    ],
    gemini: [plain, { httpUrl: url.href }],
    "copilot-cli": [
      { tools: ["*"], type: "local", ...plain },
      { type: "http", url: url.href, tools: ["*"] }
    ],
    opencode: [argv, { type: "remote", url: url.href }],
    kilo: [argv, { type: "remote", url: url.href }],
    "cline-cli": [
      { ...plain, disabled: false },
      { type: "streamableHttp", url: url.href }
    ],
    droid: [
      { type: "stdio", ...plain, disabled: false },
      { type: "http", url: url.href }
    ],
    grok: [{ ...plain, enabled: true }, { url: url.href }],
    kimi: [
      { transport: "stdio", ...plain },
      { transport: "http", url: url.href }
    ],
    continue: [
      { name: "imgwire", ...plain },
      { name: "imgwire", type: "streamable-http", url: url.href }
    ],
    goose: [
      {
        name: "Imgwire",
        type: "stdio",
        cmd: "/n",
        args: ["/s"],
        envs: { A: "1" },
        enabled: true,
        timeout: 300
      },
      { name: "Imgwire", type: "streamable_http", uri: url.href, enabled: true, timeout: 300 }
    ],
    amp: [plain, { url: url.href }],
    vibe: [
      { name: "imgwire", transport: "stdio", ...plain },
      { name: "imgwire", transport: "streamable-http", url: url.href }
    ],
    devin: [plain, { serverUrl: url.href, url: url.href, transport: "http" }],
    antigravity: [plain, { serverUrl: url.href }],
    "claude-desktop": [plain, expect.stringContaining("Settings, Connectors") as string],
    roo: [plain, { type: "streamable-http", url: url.href }],
    kiro: [{ ...plain, disabled: false }, { url: url.href }]
  };

  it.each(Object.entries(SHAPES))(
    "writes the entry for %s in that agent's own format",
    (id, [stdio, hosted]) => {
      const agent = AGENTS.find((each) => each.id === id);
      const entry = agent?.hostedEntry;
      expect(agent?.stdioEntry(plain)).toEqual(stdio);
      expect(entry && ("instead" in entry ? entry.instead : entry(url))).toEqual(hosted);
    }
  );

  it.each(AGENTS.map(({ id, stdioEntry }) => [id, stdioEntry] as const))(
    "writes no env into the entry for %s if there are no variables",
    (_, stdioEntry) => {
      const entry = stdioEntry({ ...plain, env: {} });
      expect(["env", "envs", "environment"].filter((key) => key in entry)).toEqual([]);
      expect(JSON.stringify(stdioEntry(plain))).toContain('{"A":"1"}');
    }
  );
});

describe("the list of agents", () => {
  it("gives each agent a unique name and finds it in any spelling", () => {
    for (const agent of AGENTS) {
      for (const name of [agent.id, agent.title.toUpperCase(), ...(agent.aliases ?? [])]) {
        expect([name, findAgent(name)?.id]).toEqual([name, agent.id]);
      }
    }
    expect(findAgent("emacs")).toBeUndefined();
  });

  it("names the vendor's page and the month of the last check for each agent", () => {
    for (const { docs, checked } of AGENTS) {
      expect(docs).toMatch(/^https:\/\//);
      expect(checked).toMatch(/^20\d\d-\d\d$/);
    }
  });
});
