import type { Agent, Folders } from "../agent.ts";
import type { StdioCommand } from "../command.ts";
import { json, jsonc } from "../formats/json.ts";
import { plainStdio, plainUrl, serverUrl, SHARED_SKILLS, typedHttp, typedStdio } from "./entries.ts";

/** Editors and desktop apps, in listing order. */
export const DESKTOP_AGENTS: readonly Agent[] = [
  vscode("vscode", "VS Code", "Code", "vscode:"),
  vscode("vscode-insiders", "VS Code Insiders", "Code - Insiders", "vscode-insiders:"),
  vscode("vscodium", "VSCodium", "VSCodium"),
  {
    ...vscode("code-server", "code-server", ""),
    docs: "https://coder.com/docs/code-server",
    userFiles: ({ home, join }) => [join(home, ".local", "share", "code-server", "User", "mcp.json")],
    traces: ({ home, join }) => [join(home, ".local", "share", "code-server")]
  },
  {
    id: "visual-studio",
    title: "Visual Studio",
    docs: "https://learn.microsoft.com/en-us/visualstudio/ide/mcp-servers",
    checked: "2026-11",
    format: jsonc,
    servers: ["servers"],
    userFiles: ({ home, join }) => [join(home, ".mcp.json")],
    projectFiles: [".vs/mcp.json"],
    traces: ({ platform, home, env, join }) =>
      platform === "win32"
        ? [join(env["LOCALAPPDATA"] || join(home, "AppData", "Local"), "Microsoft", "VisualStudio")]
        : [],
    stdioEntry: typedStdio,
    hostedEntry: typedHttp
  },
  {
    id: "cursor",
    title: "Cursor",
    docs: "https://cursor.com/docs/context/mcp",
    checked: "2026-11",
    format: json,
    servers: ["mcpServers"],
    userFiles: ({ home, join }) => [join(home, ".cursor", "mcp.json")],
    projectFiles: [".cursor/mcp.json"],
    traces: ({ home, join }) => [join(home, ".cursor")],
    stdioEntry: plainStdio,
    hostedEntry: plainUrl,
    link: (command) => `https://cursor.com/install-mcp?${named(base64(plainStdio(command)))}`,
    skills: { user: ({ home, join }) => join(home, ".cursor", "skills"), project: ".cursor/skills" }
  },
  {
    id: "devin",
    title: "Devin",
    aliases: ["windsurf", "devin-desktop", "devin-cli"],
    docs: "https://docs.windsurf.com/windsurf/cascade/mcp",
    checked: "2026-11",
    format: json,
    servers: ["mcpServers"],
    // The last path belongs to Windsurf, as Devin Desktop used to be called. Existing installations still
    // read it.
    userFiles: ({ platform, appData, config, home, join }) => [
      join(platform === "win32" ? appData : config, "devin", "mcp_config.json"),
      join(home, ".codeium", "windsurf", "mcp_config.json")
    ],
    projectFiles: [".devin/mcp_config.json"],
    traces: ({ platform, appData, config, home, join }) => [
      join(platform === "win32" ? appData : config, "devin"),
      join(home, ".codeium", "windsurf")
    ],
    stdioEntry: plainStdio,
    hostedEntry: (url) => ({ serverUrl: url.href, url: url.href, transport: "http" }),
    skills: { user: ({ home, join }) => join(home, ".codeium", "windsurf", "skills") }
  },
  {
    id: "claude-desktop",
    title: "Claude Desktop",
    docs: "https://modelcontextprotocol.io/docs/develop/connect-local-servers",
    checked: "2026-11",
    format: json,
    servers: ["mcpServers"],
    userFiles: ({ appData, join }) => [join(appData, "Claude", "claude_desktop_config.json")],
    traces: ({ appData, join }) => [join(appData, "Claude")],
    stdioEntry: plainStdio,
    hostedEntry: {
      instead:
        "Claude Desktop keeps remote servers in its own settings: open Settings, Connectors, and add the URL."
    },
    outsideProject: "Claude Desktop has no project folder"
  },
  {
    id: "zed",
    title: "Zed",
    docs: "https://zed.dev/docs/ai/mcp",
    checked: "2026-11",
    format: jsonc,
    servers: ["context_servers"],
    userFiles: (folders) => [folders.join(zedFolder(folders), "settings.json")],
    projectFiles: [".zed/settings.json"],
    traces: (folders) => [zedFolder(folders)],
    stdioEntry: plainStdio,
    hostedEntry: plainUrl,
    skills: SHARED_SKILLS
  },
  {
    id: "cline",
    title: "Cline",
    docs: "https://docs.cline.bot/mcp/configuring-mcp-servers",
    checked: "2026-11",
    format: json,
    servers: ["mcpServers"],
    userFiles: (folders) => [extensionFile(folders, "saoudrizwan.claude-dev", "cline_mcp_settings.json")],
    traces: (folders) => [extensionFolder(folders, "saoudrizwan.claude-dev")],
    stdioEntry: (command) => ({ ...plainStdio(command), disabled: false }),
    hostedEntry: (url) => ({ type: "streamableHttp", url: url.href, disabled: false }),
    approve: (tools) => ({ autoApprove: [...tools] }),
    skills: SHARED_SKILLS
  },
  {
    id: "roo",
    title: "Roo Code",
    aliases: ["roo-code"],
    docs: "https://docs.roocode.com/features/mcp/using-mcp-in-roo",
    checked: "2026-11",
    format: json,
    servers: ["mcpServers"],
    userFiles: (folders) => [extensionFile(folders, "rooveterinaryinc.roo-cline", "mcp_settings.json")],
    projectFiles: [".roo/mcp.json"],
    traces: (folders) => [extensionFolder(folders, "rooveterinaryinc.roo-cline")],
    stdioEntry: plainStdio,
    hostedEntry: (url) => ({ type: "streamable-http", url: url.href }),
    approve: (tools) => ({ alwaysAllow: [...tools] }),
    skills: { user: ({ home, join }) => join(home, ".roo", "skills"), project: ".roo/skills" }
  },
  {
    id: "kiro",
    title: "Kiro",
    aliases: ["kiro-cli"],
    docs: "https://kiro.dev/docs/mcp/configuration/",
    checked: "2026-11",
    format: json,
    servers: ["mcpServers"],
    userFiles: ({ home, join }) => [join(home, ".kiro", "settings", "mcp.json")],
    projectFiles: [".kiro/settings/mcp.json"],
    traces: ({ home, join }) => [join(home, ".kiro")],
    stdioEntry: (command) => ({ ...plainStdio(command), disabled: false }),
    hostedEntry: plainUrl,
    approve: (tools) => ({ autoApprove: [...tools] }),
    link: (command) => `https://kiro.dev/launch/mcp/add?${named(JSON.stringify(plainStdio(command)))}`,
    skills: { user: ({ home, join }) => join(home, ".kiro", "skills"), project: ".kiro/skills" }
  },
  {
    id: "antigravity",
    title: "Antigravity",
    docs: "https://antigravity.google/docs/mcp",
    checked: "2026-11",
    format: json,
    servers: ["mcpServers"],
    userFiles: ({ home, join }) => [join(home, ".gemini", "config", "mcp_config.json")],
    projectFiles: [".agents/mcp_config.json"],
    traces: ({ home, join }) => [join(home, ".gemini", "config"), join(home, ".gemini", "antigravity")],
    stdioEntry: plainStdio,
    hostedEntry: serverUrl,
    skills: {
      user: ({ home, join }) => join(home, ".gemini", "antigravity", "skills"),
      project: ".agents/skills"
    }
  },
  {
    id: "trae",
    title: "Trae",
    docs: "https://docs.trae.ai/ide/model-context-protocol",
    checked: "2026-11",
    format: json,
    servers: ["mcpServers"],
    projectFiles: [".trae/mcp.json"],
    traces: ({ appData, join }) => [join(appData, "Trae")],
    stdioEntry: plainStdio,
    hostedEntry: plainUrl,
    skills: { user: ({ home, join }) => join(home, ".trae", "skills"), project: ".trae/skills" }
  },
  {
    id: "warp",
    title: "Warp",
    docs: "https://docs.warp.dev/knowledge-and-collaboration/mcp",
    checked: "2026-11",
    format: json,
    servers: ["mcpServers"],
    userFiles: ({ home, join }) => [join(home, ".warp", ".mcp.json")],
    projectFiles: [".warp/.mcp.json"],
    traces: ({ home, join }) => [join(home, ".warp")],
    stdioEntry: plainStdio,
    hostedEntry: plainUrl,
    skills: SHARED_SKILLS
  },
  {
    id: "lm-studio",
    title: "LM Studio",
    docs: "https://lmstudio.ai/docs/app/mcp",
    checked: "2026-11",
    format: json,
    servers: ["mcpServers"],
    userFiles: ({ home, join }) => [join(home, ".lmstudio", "mcp.json")],
    traces: ({ home, join }) => [join(home, ".lmstudio")],
    stdioEntry: plainStdio,
    hostedEntry: plainUrl,
    link: (command) => `https://lmstudio.ai/install-mcp?${named(base64(plainStdio(command)))}`,
    outsideProject: "LM Studio has no project folder"
  },
  {
    id: "boltai",
    title: "BoltAI",
    docs: "https://docs.boltai.com/docs/plugins/mcp-servers",
    checked: "2026-11",
    format: json,
    servers: ["mcpServers"],
    userFiles: ({ home, join }) => [join(home, ".boltai", "mcp.json")],
    traces: ({ home, join }) => [join(home, ".boltai")],
    stdioEntry: plainStdio,
    hostedEntry: plainUrl,
    outsideProject: "BoltAI has no project folder"
  },
  {
    id: "qoder",
    title: "Qoder",
    docs: "https://docs.qoder.com/cli/using-cli",
    checked: "2026-11",
    format: json,
    servers: ["mcpServers"],
    userFiles: ({ home, join }) => [join(home, ".qoder", "settings.json")],
    traces: ({ home, join }) => [join(home, ".qoder")],
    stdioEntry: plainStdio,
    hostedEntry: typedHttp,
    skills: { user: ({ home, join }) => join(home, ".qoder", "skills"), project: ".qoder/skills" }
  }
];

/** VS Code and its forks, which differ in the name of one folder. */
function vscode(id: string, title: string, folder: string, scheme?: string): Agent {
  return {
    id,
    title,
    docs: "https://code.visualstudio.com/docs/copilot/customization/mcp-servers",
    checked: "2026-11",
    format: jsonc,
    servers: ["servers"],
    userFiles: ({ appData, join }) => [join(appData, folder, "User", "mcp.json")],
    projectFiles: [".vscode/mcp.json"],
    traces: ({ appData, join }) => [join(appData, folder, "User")],
    stdioEntry: typedStdio,
    hostedEntry: typedHttp,
    ...(scheme !== undefined && { link: (command: StdioCommand) => vscodeLink(scheme, command) }),
    skills: { user: ({ home, join }) => join(home, ".copilot", "skills"), project: ".github/skills" }
  };
}

function vscodeLink(scheme: string, command: StdioCommand): string {
  const entry = { name: "imgwire", ...plainStdio(command) };
  return `${scheme}mcp/install?${encodeURIComponent(JSON.stringify(entry))}`;
}

function named(config: string): string {
  return new URLSearchParams({ name: "imgwire", config }).toString();
}

function base64(entry: object): string {
  return Buffer.from(JSON.stringify(entry)).toString("base64");
}

function extensionFolder({ appData, join }: Folders, extension: string): string {
  return join(appData, "Code", "User", "globalStorage", extension);
}

function extensionFile(folders: Folders, extension: string, name: string): string {
  return folders.join(extensionFolder(folders, extension), "settings", name);
}

function zedFolder({ platform, appData, config, join }: Folders): string {
  return platform === "win32" ? join(appData, "Zed") : join(config, "zed");
}
