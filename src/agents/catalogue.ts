import { posix, win32 } from "node:path";
import type { StdioCommand } from "./command.ts";
import { json, jsonc, jsonWithComments } from "./edit-json.ts";
import { toml } from "./edit-toml.ts";
import type { ConfigFormat, ConfigTable } from "./format.ts";

/** The name of our entry in every agent's table of MCP servers. */
export const ENTRY_NAME = "imgwire";

/** For the user on this machine, or for everyone who works in a project folder. */
export const SCOPES = ["user", "project"] as const;
export type Scope = (typeof SCOPES)[number];

/** What decides where an agent keeps its files. */
export interface Machine {
  platform: NodeJS.Platform;
  home: string;
  env: Readonly<Record<string, string | undefined>>;
}

/** An agent that MCP servers can be installed into. */
export interface Agent {
  /** What is typed on the command line. */
  id: string;
  title: string;
  format: ConfigFormat;
  /** Key path of the table of servers. */
  servers: readonly string[];
  userFile: (folders: Folders) => string;
  /** Relative to the project folder; absent where the agent has no configuration for projects. */
  projectFile?: readonly string[];
  /** Files and folders of which one at least exists where the agent has been used. */
  traces: (folders: Folders) => readonly string[];
  stdioEntry: (command: StdioCommand) => ConfigTable;
  /** The entry for the hosted URL, or why a file cannot hold one and what to do instead. */
  hostedEntry: ((url: URL) => ConfigTable) | { instead: string };
}

/** The folders of one user on one machine, and how its platform joins paths. */
export interface Folders {
  home: string;
  /** Where Electron programs keep their data. */
  appData: string;
  /** Where programs that follow the XDG base directories keep their configuration. */
  config: string;
  env: Readonly<Record<string, string | undefined>>;
  platform: NodeJS.Platform;
  join: (...parts: string[]) => string;
}

/** Works out a machine's folders; nothing is looked up on disk. */
export function foldersOf({ platform, home, env }: Machine): Folders {
  const path = platform === "win32" ? win32 : posix;
  const join = (...parts: string[]): string => path.join(...parts);
  const config = (platform === "linux" && env["XDG_CONFIG_HOME"]) || join(home, ".config");
  const appData = {
    darwin: () => join(home, "Library", "Application Support"),
    win32: () => env["APPDATA"] || join(home, "AppData", "Roaming")
  };
  return {
    home,
    appData: platform === "darwin" || platform === "win32" ? appData[platform]() : config,
    config,
    env,
    platform,
    join
  };
}

/** The file of an agent for a scope, absolute; undefined where the agent has none for that scope. */
export function configFile(
  agent: Agent,
  scope: Scope,
  machine: Machine,
  projectDir: string
): string | undefined {
  const folders = foldersOf(machine);
  if (scope === "user") return agent.userFile(folders);
  return agent.projectFile && folders.join(projectDir, ...agent.projectFile);
}

const plainStdio = ({ command, args, env }: StdioCommand): ConfigTable => ({
  command,
  args: [...args],
  ...(Object.keys(env).length > 0 && { env: { ...env } })
});
const typedStdio = (command: StdioCommand): ConfigTable => ({ type: "stdio", ...plainStdio(command) });

/**
 * What Codex, which hands a server nearly no environment, is asked to pass on from its own: without the first
 * ones a sign-in finds no browser and no keychain, without the others no way through a proxy.
 */
const CODEX_ENV_VARS = [
  "DISPLAY",
  "WAYLAND_DISPLAY",
  "DBUS_SESSION_BUS_ADDRESS",
  "XDG_RUNTIME_DIR",
  "BROWSER",
  "HTTPS_PROXY",
  "HTTP_PROXY",
  "NO_PROXY"
];

/** Seconds; long enough for npx to fetch the package on a slow line the first time. */
const CODEX_STARTUP_TIMEOUT = 60;

/** Every agent we install into, in the order in which they are listed and asked for. */
export const AGENTS: readonly Agent[] = [
  {
    id: "claude-code",
    title: "Claude Code",
    format: json,
    servers: ["mcpServers"],
    userFile: ({ home, env, join }) => join(env["CLAUDE_CONFIG_DIR"] || home, ".claude.json"),
    projectFile: [".mcp.json"],
    traces: ({ home, env, join }) => [
      env["CLAUDE_CONFIG_DIR"] || join(home, ".claude"),
      join(home, ".claude.json")
    ],
    stdioEntry: typedStdio,
    hostedEntry: (url) => ({ type: "http", url: url.href })
  },
  {
    id: "vscode",
    title: "VS Code",
    format: jsonc,
    servers: ["servers"],
    userFile: ({ appData, join }) => join(appData, "Code", "User", "mcp.json"),
    projectFile: [".vscode", "mcp.json"],
    traces: ({ appData, join }) => [join(appData, "Code", "User")],
    stdioEntry: typedStdio,
    hostedEntry: (url) => ({ type: "http", url: url.href })
  },
  {
    id: "codex",
    title: "Codex",
    format: toml,
    servers: ["mcp_servers"],
    userFile: ({ home, env, join }) => join(env["CODEX_HOME"] || join(home, ".codex"), "config.toml"),
    projectFile: [".codex", "config.toml"],
    traces: ({ home, env, join }) => [env["CODEX_HOME"] || join(home, ".codex")],
    stdioEntry: ({ env, ...command }) => ({
      ...plainStdio({ ...command, env: {} }),
      startup_timeout_sec: CODEX_STARTUP_TIMEOUT,
      env_vars: CODEX_ENV_VARS,
      ...(Object.keys(env).length > 0 && { env: { ...env } })
    }),
    hostedEntry: (url) => ({ url: url.href, oauth_resource: `${url.origin}/` })
  },
  {
    id: "gemini",
    title: "Gemini CLI",
    format: jsonWithComments,
    servers: ["mcpServers"],
    userFile: ({ home, env, join }) => join(env["GEMINI_CLI_HOME"] || home, ".gemini", "settings.json"),
    projectFile: [".gemini", "settings.json"],
    traces: ({ home, env, join }) => [join(env["GEMINI_CLI_HOME"] || home, ".gemini")],
    stdioEntry: plainStdio,
    hostedEntry: (url) => ({ httpUrl: url.href })
  },
  {
    id: "cursor",
    title: "Cursor",
    format: json,
    servers: ["mcpServers"],
    userFile: ({ home, join }) => join(home, ".cursor", "mcp.json"),
    projectFile: [".cursor", "mcp.json"],
    traces: ({ home, join }) => [join(home, ".cursor")],
    stdioEntry: plainStdio,
    hostedEntry: (url) => ({ url: url.href })
  },
  {
    id: "windsurf",
    title: "Windsurf",
    format: json,
    servers: ["mcpServers"],
    userFile: ({ home, join }) => join(home, ".codeium", "windsurf", "mcp_config.json"),
    traces: ({ home, join }) => [join(home, ".codeium", "windsurf")],
    stdioEntry: plainStdio,
    hostedEntry: (url) => ({ serverUrl: url.href })
  },
  {
    id: "claude-desktop",
    title: "Claude Desktop",
    format: json,
    servers: ["mcpServers"],
    userFile: ({ appData, join }) => join(appData, "Claude", "claude_desktop_config.json"),
    traces: ({ appData, join }) => [join(appData, "Claude")],
    stdioEntry: plainStdio,
    hostedEntry: {
      instead:
        "Claude Desktop takes hosted servers in its own settings: open Settings, Connectors, and add the URL."
    }
  },
  {
    id: "zed",
    title: "Zed",
    format: jsonc,
    servers: ["context_servers"],
    userFile: (folders) => folders.join(zedFolder(folders), "settings.json"),
    projectFile: [".zed", "settings.json"],
    traces: (folders) => [zedFolder(folders)],
    stdioEntry: plainStdio,
    hostedEntry: (url) => ({ url: url.href })
  }
];

function zedFolder({ platform, appData, config, join }: Folders): string {
  return platform === "win32" ? join(appData, "Zed") : join(config, "zed");
}
