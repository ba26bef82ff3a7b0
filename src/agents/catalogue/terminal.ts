import type { Agent, Folders } from "../agent.ts";
import { json, jsonc, jsonWithComments } from "../formats/json.ts";
import { tomlNamedList } from "../formats/toml-named-list.ts";
import { toml } from "../formats/toml.ts";
import { yaml, yamlNamedList } from "../formats/yaml.ts";
import {
  argvStdio,
  plainStdio,
  plainUrl,
  SHARED_SKILLS,
  typedHttp,
  typedStdio,
  variables
} from "./entries.ts";

/**
 * Variables for Codex to pass on, because it gives servers almost no environment. Signing in needs the first
 * group to find a browser and the keychain; requests through a proxy need the second.
 */
const CODEX_ENV_VARS = [
  ...["DISPLAY", "WAYLAND_DISPLAY", "DBUS_SESSION_BUS_ADDRESS", "XDG_RUNTIME_DIR", "BROWSER"],
  ...["HTTPS_PROXY", "HTTP_PROXY", "NO_PROXY"]
];

/** Long enough for npx to download the package over a slow connection. */
const STARTUP_TIMEOUT_SECONDS = 60;

/** Agents that run in a terminal, in listing order. */
export const TERMINAL_AGENTS: readonly Agent[] = [
  {
    id: "claude-code",
    title: "Claude Code",
    docs: "https://code.claude.com/docs/en/mcp",
    checked: "2026-11",
    format: json,
    servers: ["mcpServers"],
    userFiles: ({ home, env, join }) => [join(env["CLAUDE_CONFIG_DIR"] || home, ".claude.json")],
    projectFiles: [".mcp.json"],
    traces: ({ home, env, join }) => [
      env["CLAUDE_CONFIG_DIR"] || join(home, ".claude"),
      join(home, ".claude.json")
    ],
    stdioEntry: typedStdio,
    hostedEntry: typedHttp,
    skills: {
      user: ({ home, env, join }) => join(env["CLAUDE_CONFIG_DIR"] || join(home, ".claude"), "skills"),
      project: ".claude/skills"
    }
  },
  {
    id: "codex",
    title: "Codex",
    docs: "https://developers.openai.com/codex/mcp",
    checked: "2026-11",
    format: toml,
    servers: ["mcp_servers"],
    userFiles: (folders) => [folders.join(codexFolder(folders), "config.toml")],
    projectFiles: [".codex/config.toml"],
    traces: (folders) => [codexFolder(folders)],
    stdioEntry: ({ env, command, args }) => ({
      command,
      args: [...args],
      startup_timeout_sec: STARTUP_TIMEOUT_SECONDS,
      env_vars: CODEX_ENV_VARS,
      ...variables("env", env)
    }),
    hostedEntry: (url) => ({ url: url.href, oauth_resource: `${url.origin}/` }),
    approve: (tools) => ({
      tools: Object.fromEntries(tools.map((tool) => [tool, { approval_mode: "approve" }]))
    }),
    skills: {
      user: (folders) => folders.join(codexFolder(folders), "skills"),
      project: ".agents/skills"
    }
  },
  {
    id: "gemini",
    title: "Gemini CLI",
    docs: "https://geminicli.com/docs/tools/mcp-server/",
    checked: "2026-11",
    format: jsonWithComments,
    servers: ["mcpServers"],
    userFiles: (folders) => [folders.join(geminiFolder(folders), "settings.json")],
    projectFiles: [".gemini/settings.json"],
    traces: (folders) => [geminiFolder(folders)],
    stdioEntry: plainStdio,
    hostedEntry: (url) => ({ httpUrl: url.href }),
    skills: { user: (folders) => folders.join(geminiFolder(folders), "skills"), project: ".gemini/skills" }
  },
  {
    id: "copilot-cli",
    title: "GitHub Copilot CLI",
    docs: "https://docs.github.com/en/copilot/how-tos/copilot-cli/customize-copilot/add-mcp-servers",
    checked: "2026-11",
    format: json,
    servers: ["mcpServers"],
    userFiles: (folders) => [folders.join(copilotFolder(folders), "mcp-config.json")],
    projectFiles: [".github/mcp.json"],
    traces: (folders) => [copilotFolder(folders)],
    stdioEntry: (command) => ({ tools: ["*"], type: "local", ...plainStdio(command) }),
    hostedEntry: (url) => ({ type: "http", url: url.href, tools: ["*"] }),
    skills: { user: (folders) => folders.join(copilotFolder(folders), "skills"), project: ".github/skills" }
  },
  {
    id: "opencode",
    title: "opencode",
    aliases: ["opencode-1"],
    docs: "https://opencode.ai/docs/mcp-servers/",
    checked: "2026-11",
    format: jsonc,
    servers: ["mcp"],
    userFiles: opencodeFiles,
    projectFiles: ["opencode.json", "opencode.jsonc", ".opencode/opencode.json", ".opencode/opencode.jsonc"],
    traces: ({ config, join }) => [join(config, "opencode")],
    stdioEntry: argvStdio,
    hostedEntry: (url) => ({ type: "remote", url: url.href }),
    skills: { user: ({ config, join }) => join(config, "opencode", "skills"), project: ".opencode/skills" }
  },
  {
    id: "opencode-2",
    title: "opencode 2",
    docs: "https://opencode.ai/docs/mcp-servers/",
    checked: "2026-11",
    format: jsonc,
    servers: ["mcp", "servers"],
    userFiles: opencodeFiles,
    projectFiles: ["opencode.json", "opencode.jsonc", ".opencode/opencode.json", ".opencode/opencode.jsonc"],
    // Versions 1 and 2 look the same on disk, so version 2 has to be installed by name.
    traces: () => [],
    stdioEntry: argvStdio,
    hostedEntry: (url) => ({ type: "remote", url: url.href }),
    skills: { user: ({ config, join }) => join(config, "opencode", "skills"), project: ".opencode/skills" }
  },
  {
    id: "cline-cli",
    title: "Cline CLI",
    docs: "https://docs.cline.bot/cline-cli/configuration",
    checked: "2026-11",
    format: json,
    servers: ["mcpServers"],
    userFiles: (folders) => [
      folders.join(clineFolder(folders), "data", "settings", "cline_mcp_settings.json")
    ],
    traces: (folders) => [clineFolder(folders)],
    stdioEntry: (command) => ({ ...plainStdio(command), disabled: false }),
    hostedEntry: (url) => ({ type: "streamableHttp", url: url.href }),
    approve: (tools) => ({ autoApprove: [...tools] }),
    skills: { user: (folders) => folders.join(clineFolder(folders), "skills"), project: ".cline/skills" }
  },
  {
    id: "kilo",
    title: "Kilo Code",
    aliases: ["kilocode"],
    docs: "https://kilo.ai/docs/automate/mcp/using-in-cli",
    checked: "2026-11",
    format: jsonc,
    servers: ["mcp"],
    userFiles: ({ config, join }) => ["kilo.jsonc", "kilo.json"].map((name) => join(config, "kilo", name)),
    projectFiles: ["kilo.json", "kilo.jsonc", ".kilo/kilo.json", ".kilo/kilo.jsonc"],
    traces: ({ config, join }) => [join(config, "kilo")],
    stdioEntry: argvStdio,
    hostedEntry: (url) => ({ type: "remote", url: url.href }),
    skills: { user: ({ home, join }) => join(home, ".kilo", "skills"), project: ".kilo/skills" }
  },
  {
    id: "qwen",
    title: "Qwen Code",
    aliases: ["qwen-code"],
    docs: "https://qwenlm.github.io/qwen-code-docs/en/users/features/mcp/",
    checked: "2026-11",
    format: jsonWithComments,
    servers: ["mcpServers"],
    userFiles: ({ home, join }) => [join(home, ".qwen", "settings.json")],
    projectFiles: [".qwen/settings.json"],
    traces: ({ home, join }) => [join(home, ".qwen")],
    stdioEntry: plainStdio,
    hostedEntry: (url) => ({ httpUrl: url.href }),
    skills: { user: ({ home, join }) => join(home, ".qwen", "skills"), project: ".qwen/skills" }
  },
  {
    id: "droid",
    title: "Factory droid",
    aliases: ["factory"],
    docs: "https://docs.factory.ai/cli/configuration/mcp",
    checked: "2026-11",
    format: json,
    servers: ["mcpServers"],
    userFiles: ({ home, join }) => [join(home, ".factory", "mcp.json")],
    projectFiles: [".factory/mcp.json"],
    traces: ({ home, join }) => [join(home, ".factory")],
    stdioEntry: (command) => ({ ...typedStdio(command), disabled: false }),
    hostedEntry: typedHttp,
    skills: { user: ({ home, join }) => join(home, ".factory", "skills"), project: ".factory/skills" }
  },
  {
    id: "grok",
    title: "Grok CLI",
    aliases: ["grok-cli", "grok-build"],
    docs: "https://docs.x.ai/build/features/mcp-servers",
    checked: "2026-11",
    format: toml,
    servers: ["mcp_servers"],
    userFiles: (folders) => [folders.join(grokFolder(folders), "config.toml")],
    projectFiles: [".grok/config.toml"],
    traces: (folders) => [grokFolder(folders)],
    stdioEntry: (command) => ({ ...plainStdio(command), enabled: true }),
    hostedEntry: plainUrl
  },
  {
    id: "kimi",
    title: "Kimi Code",
    aliases: ["kimi-code"],
    docs: "https://www.kimi.com/code/docs/en/kimi-code-cli/customization/mcp.html",
    checked: "2026-11",
    format: json,
    servers: ["mcpServers"],
    userFiles: (folders) => [folders.join(kimiFolder(folders), "mcp.json")],
    projectFiles: [".kimi-code/mcp.json"],
    traces: (folders) => [kimiFolder(folders)],
    stdioEntry: (command) => ({ transport: "stdio", ...plainStdio(command) }),
    hostedEntry: (url) => ({ transport: "http", url: url.href }),
    skills: SHARED_SKILLS
  },
  {
    id: "auggie",
    title: "Auggie",
    aliases: ["augment"],
    docs: "https://docs.augmentcode.com/cli/integrations",
    checked: "2026-11",
    format: json,
    servers: ["mcpServers"],
    userFiles: ({ home, join }) => [join(home, ".augment", "settings.json")],
    projectFiles: [".augment/settings.json"],
    traces: ({ home, join }) => [join(home, ".augment")],
    stdioEntry: typedStdio,
    hostedEntry: typedHttp,
    skills: { user: ({ home, join }) => join(home, ".augment", "skills"), project: ".augment/skills" }
  },
  {
    id: "continue",
    title: "Continue",
    docs: "https://docs.continue.dev/customize/deep-dives/mcp",
    checked: "2026-11",
    format: yamlNamedList(["mcpServers"]),
    servers: ["mcpServers"],
    userFiles: ({ home, join }) => [join(home, ".continue", "config.yaml")],
    projectFiles: [".continue/mcpServers/imgwire.yaml"],
    newProjectFile: "name: Imgwire\nversion: 1.0.0\nschema: v1\n",
    traces: ({ home, join }) => [join(home, ".continue")],
    stdioEntry: (command) => ({ name: "imgwire", ...plainStdio(command) }),
    hostedEntry: (url) => ({ name: "imgwire", type: "streamable-http", url: url.href }),
    skills: { user: ({ home, join }) => join(home, ".continue", "skills"), project: ".continue/skills" }
  },
  {
    id: "goose",
    title: "Goose",
    docs: "https://block.github.io/goose/docs/getting-started/using-extensions",
    checked: "2026-11",
    format: yaml,
    servers: ["extensions"],
    userFiles: (folders) => [folders.join(gooseFolder(folders), "config.yaml")],
    projectFiles: [".goose/config.yaml"],
    traces: (folders) => [gooseFolder(folders)],
    stdioEntry: ({ command, args, env }) => ({
      name: "Imgwire",
      type: "stdio",
      cmd: command,
      args: [...args],
      ...variables("envs", env),
      enabled: true,
      timeout: 300
    }),
    hostedEntry: (url) => ({
      name: "Imgwire",
      type: "streamable_http",
      uri: url.href,
      enabled: true,
      timeout: 300
    }),
    link: ({ args }) => gooseLink(args),
    skills: { user: ({ config, join }) => join(config, "goose", "skills"), project: ".goose/skills" }
  },
  {
    id: "crush",
    title: "Crush",
    docs: "https://github.com/charmbracelet/crush#mcps",
    checked: "2026-11",
    format: json,
    servers: ["mcp"],
    userFiles: (folders) => [folders.join(crushFolder(folders), "crush.json")],
    projectFiles: ["crush.json", ".crush.json"],
    traces: (folders) => [crushFolder(folders)],
    stdioEntry: typedStdio,
    hostedEntry: typedHttp,
    skills: { user: ({ config, join }) => join(config, "crush", "skills"), project: ".crush/skills" }
  },
  {
    id: "amp",
    title: "Amp",
    docs: "https://ampcode.com/manual#mcp",
    checked: "2026-11",
    format: jsonc,
    servers: ["amp.mcpServers"],
    userFiles: ({ home, join }) =>
      ["settings.json", "settings.jsonc"].map((name) => join(home, ".config", "amp", name)),
    projectFiles: [".amp/settings.json", ".amp/settings.jsonc"],
    traces: ({ home, join }) => [join(home, ".config", "amp")],
    stdioEntry: plainStdio,
    hostedEntry: plainUrl,
    skills: { user: ({ home, join }) => join(home, ".config", "amp", "skills"), project: ".agents/skills" }
  },
  {
    id: "junie",
    title: "JetBrains Junie",
    docs: "https://junie.jetbrains.com/docs/junie-cli-mcp-configuration.html",
    checked: "2026-11",
    format: json,
    servers: ["mcpServers"],
    userFiles: ({ home, join }) => [join(home, ".junie", "mcp", "mcp.json")],
    projectFiles: [".junie/mcp/mcp.json"],
    traces: ({ home, join }) => [join(home, ".junie")],
    stdioEntry: plainStdio,
    hostedEntry: plainUrl,
    skills: { user: ({ home, join }) => join(home, ".junie", "skills"), project: ".junie/skills" }
  },
  {
    id: "vibe",
    title: "Mistral Vibe",
    aliases: ["mistral-vibe"],
    docs: "https://docs.mistral.ai/mistral-vibe/introduction/configuration",
    checked: "2026-11",
    format: tomlNamedList(["mcp_servers"]),
    servers: ["mcp_servers"],
    userFiles: ({ home, join }) => [join(home, ".vibe", "config.toml")],
    projectFiles: [".vibe/config.toml"],
    traces: ({ home, join }) => [join(home, ".vibe")],
    stdioEntry: (command) => ({ name: "imgwire", transport: "stdio", ...plainStdio(command) }),
    hostedEntry: (url) => ({ name: "imgwire", transport: "streamable-http", url: url.href }),
    skills: { user: ({ home, join }) => join(home, ".vibe", "skills"), project: ".vibe/skills" }
  },
  {
    id: "amazon-q",
    title: "Amazon Q CLI",
    aliases: ["q"],
    docs: "https://docs.aws.amazon.com/amazonq/latest/qdeveloper-ug/command-line-mcp.html",
    checked: "2026-11",
    format: json,
    servers: ["mcpServers"],
    userFiles: ({ home, join }) => [join(home, ".aws", "amazonq", "mcp.json")],
    projectFiles: [".amazonq/mcp.json"],
    traces: ({ home, join }) => [join(home, ".aws", "amazonq")],
    stdioEntry: plainStdio,
    hostedEntry: typedHttp
  },
  {
    id: "mcporter",
    title: "mcporter",
    docs: "https://github.com/steipete/mcporter/blob/main/docs/config.md",
    checked: "2026-11",
    format: jsonc,
    servers: ["mcpServers"],
    userFiles: ({ home, join }) =>
      ["mcporter.json", "mcporter.jsonc"].map((name) => join(home, ".mcporter", name)),
    projectFiles: ["config/mcporter.json"],
    traces: ({ home, join }) => [join(home, ".mcporter")],
    stdioEntry: plainStdio,
    hostedEntry: plainUrl,
    outsideProject: "mcporter starts servers in ~/.mcporter"
  },
  {
    id: "pi",
    title: "Pi",
    docs: "https://www.npmjs.com/package/pi-mcp-adapter",
    checked: "2026-11",
    format: json,
    servers: ["mcpServers"],
    userFiles: ({ home, join }) => [join(home, ".pi", "agent", "mcp.json")],
    traces: ({ home, join }) => [join(home, ".pi", "agent")],
    stdioEntry: plainStdio,
    hostedEntry: plainUrl,
    skills: { user: ({ home, join }) => join(home, ".pi", "agent", "skills"), project: ".pi/skills" }
  },
  {
    id: "codebuddy",
    title: "CodeBuddy",
    docs: "https://www.codebuddy.ai/docs/cli/mcp",
    checked: "2026-11",
    format: json,
    servers: ["mcpServers"],
    userFiles: ({ home, join }) => [join(home, ".codebuddy", ".mcp.json")],
    traces: ({ home, join }) => [join(home, ".codebuddy")],
    stdioEntry: typedStdio,
    hostedEntry: typedHttp,
    skills: { user: ({ home, join }) => join(home, ".codebuddy", "skills"), project: ".codebuddy/skills" }
  }
];

function codexFolder({ home, env, join }: Folders): string {
  return env["CODEX_HOME"] || join(home, ".codex");
}

function geminiFolder({ home, env, join }: Folders): string {
  return join(env["GEMINI_CLI_HOME"] || home, ".gemini");
}

function copilotFolder({ home, env, join }: Folders): string {
  return env["COPILOT_HOME"] || join(home, ".copilot");
}

function clineFolder({ home, env, join }: Folders): string {
  return env["CLINE_DIR"] || join(home, ".cline");
}

function grokFolder({ home, env, join }: Folders): string {
  return env["GROK_HOME"] || join(home, ".grok");
}

function kimiFolder({ home, env, join }: Folders): string {
  return env["KIMI_CODE_HOME"] || join(home, ".kimi-code");
}

function gooseFolder({ platform, appData, config, join }: Folders): string {
  return platform === "win32" ? join(appData, "Block", "goose", "config") : join(config, "goose");
}

/** Goose's links can start only a few commands, npx among them. */
function gooseLink(args: readonly string[]): string {
  const query = new URLSearchParams({ cmd: "npx" });
  for (const arg of args) query.append("arg", arg);
  query.append("id", "imgwire");
  query.append("name", "Imgwire");
  query.append("description", "Upload images from your disk and get CDN URLs back");
  return `goose://extension?${query.toString().replaceAll("+", "%20")}`;
}

function crushFolder({ platform, home, env, config, join }: Folders): string {
  if (platform !== "win32") return join(config, "crush");
  return join(env["LOCALAPPDATA"] || join(home, "AppData", "Local"), "crush");
}

function opencodeFiles({ config, join }: Folders): string[] {
  return ["opencode.jsonc", "opencode.json"].map((name) => join(config, "opencode", name));
}
