import type { Machine } from "./agent.ts";

/** What an agent sends to open a connection (MCP, initialize). */
interface InitializeParams {
  protocolVersion: string;
  capabilities: Readonly<Record<string, unknown>>;
  clientInfo: { name: string; version: string };
}

/** How an agent starts a stdio server. */
export interface Launch {
  env: Record<string, string>;
  cwd: string;
  /** How long the server may take to answer, in milliseconds. */
  timeoutMs: number;
  initialize: InitializeParams;
}

type Env = Readonly<Record<string, string | undefined>>;

/** How one agent starts servers. */
interface LaunchProfile {
  /** Selects the variables of the agent's own environment that the server inherits. */
  env: (own: Env, machine: Machine, entry: LaunchEntry) => Env;
  /** Coding agents start servers in the project folder; desktop apps don't. */
  cwd: "project" | "home";
  timeoutMs: number;
  protocolVersion: string;
  capabilities: Readonly<Record<string, unknown>>;
  name: string;
}

/** The parts of an entry that affect how it is started. */
export interface LaunchEntry {
  env: Readonly<Record<string, string>>;
  /** Codex only: the names of variables to pass on. */
  envVars: readonly string[];
  /** Codex only: `startup_timeout_sec`. */
  startupSeconds: number | undefined;
}

const DEFAULT_TIMEOUT_MS = 30_000;

/** The variables that Codex passes on to a server. */
const CODEX_NAMES = [
  ...["HOME", "PATH", "USER", "LOGNAME", "SHELL", "TERM", "LANG", "LC_ALL", "TZ", "TMPDIR"],
  ...["NODE_EXTRA_CA_CERTS", "SSL_CERT_FILE"]
];
/** The variables that the MCP SDK passes on by default. */
const SDK_NAMES = [
  ...["HOME", "LOGNAME", "PATH", "SHELL", "TERM", "USER"],
  ...["APPDATA", "HOMEDRIVE", "HOMEPATH", "LOCALAPPDATA", "PROCESSOR_ARCHITECTURE"],
  ...["SYSTEMDRIVE", "SYSTEMROOT", "TEMP", "USERNAME", "USERPROFILE", "PROGRAMFILES"]
];
/** Gemini CLI withholds variables with these words in their names. */
const GEMINI_WITHHELD = /CERT|KEY|TOKEN|SECRET|PASSWORD|AUTH/i;
/** The PATH of programs that are started from the desktop. */
const DESKTOP_PATH: Partial<Record<NodeJS.Platform, string>> = {
  darwin: "/usr/bin:/bin:/usr/sbin:/sbin",
  linux: "/usr/local/bin:/usr/bin:/bin"
};

const LEGACY = { protocolVersion: "2025-06-18", timeoutMs: DEFAULT_TIMEOUT_MS };
const DESKTOP: LaunchProfile = {
  ...{ ...LEGACY, cwd: "home", capabilities: { roots: { listChanged: true }, elicitation: {} } },
  env: (own, { platform }) => withPath(own, platform),
  name: "desktop"
};

/**
 * How each agent starts servers and introduces itself, by agent id. Terminal agents were measured; desktop
 * apps are described as far as is known.
 */
const PROFILES: Readonly<Record<string, LaunchProfile>> = {
  "claude-code": {
    env: (own) => ({ ...own, CLAUDECODE: "1" }),
    cwd: "project",
    timeoutMs: DEFAULT_TIMEOUT_MS,
    protocolVersion: "2025-11-25",
    capabilities: { roots: {}, elicitation: {} },
    name: "claude-code"
  },
  codex: {
    ...{ ...LEGACY, cwd: "project", capabilities: { elicitation: { form: {}, url: {} } } },
    env: (own, _machine, { envVars }) => only(own, [...CODEX_NAMES, ...envVars]),
    name: "codex-mcp-client"
  },
  gemini: {
    ...{ ...LEGACY, cwd: "project", capabilities: { roots: { listChanged: true } } },
    env: (own) => Object.fromEntries(Object.entries(own).filter(([name]) => !GEMINI_WITHHELD.test(name))),
    timeoutMs: 5_000,
    name: "gemini-cli-mcp-client"
  },
  "claude-desktop": {
    ...DESKTOP,
    env: (own, { platform }) => only(withPath(own, platform), SDK_NAMES),
    name: "claude-ai"
  }
};

/** Returns how an agent working in a project folder would start an entry on this machine. */
export function launchOf(agentId: string, entry: LaunchEntry, machine: Machine, projectDir: string): Launch {
  const profile = PROFILES[agentId] ?? { ...DESKTOP, name: agentId };
  const given = profile.env(machine.env, machine, entry);
  const env = { ...defined(given), ...entry.env };
  if (agentId === "claude-code") env["CLAUDE_PROJECT_DIR"] = projectDir;
  return {
    env,
    cwd: profile.cwd === "project" ? projectDir : machine.home,
    timeoutMs: entry.startupSeconds === undefined ? profile.timeoutMs : entry.startupSeconds * 1_000,
    initialize: {
      protocolVersion: profile.protocolVersion,
      capabilities: profile.capabilities,
      clientInfo: { name: profile.name, version: "0.0.0" }
    }
  };
}

function withPath(own: Env, platform: NodeJS.Platform): Env {
  const path = DESKTOP_PATH[platform];
  return path === undefined ? own : { ...own, PATH: path };
}

function only(env: Env, names: readonly string[]): Env {
  return Object.fromEntries(names.map((name) => [name, env[name]]));
}

function defined(env: Env): Record<string, string> {
  return Object.fromEntries(
    Object.entries(env).filter((pair): pair is [string, string] => pair[1] !== undefined)
  );
}
