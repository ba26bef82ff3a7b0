import type { Machine } from "./agent.ts";

/** What an agent says of itself when it opens a connection. */
interface Hello {
  protocolVersion: string;
  capabilities: Readonly<Record<string, unknown>>;
  clientInfo: { name: string; version: string };
}

/** How an agent starts a stdio server. */
export interface Launch {
  env: Record<string, string>;
  cwd: string;
  /** Milliseconds within which the server has to have answered. */
  limitMs: number;
  hello: Hello;
}

type Env = Readonly<Record<string, string | undefined>>;

/** The ways of one agent. */
interface Ways {
  /** What reaches the server of the environment that the agent itself was started with. */
  env: (own: Env, machine: Machine, entry: LaunchEntry) => Env;
  /** Agents for projects start servers there; the others somewhere of their own. */
  cwd: "project" | "home";
  limitMs: number;
  protocolVersion: string;
  capabilities: Readonly<Record<string, unknown>>;
  name: string;
}

/** What of an entry counts for starting it. */
export interface LaunchEntry {
  env: Readonly<Record<string, string>>;
  /** Codex: names of variables to pass on. */
  envVars: readonly string[];
  /** Codex: `startup_timeout_sec`. */
  startupSeconds: number | undefined;
}

const USUAL_LIMIT_MS = 30_000;

/** What Codex passes on to a server. */
const CODEX_NAMES = [
  ...["HOME", "PATH", "USER", "LOGNAME", "SHELL", "TERM", "LANG", "LC_ALL", "TZ", "TMPDIR"],
  ...["NODE_EXTRA_CA_CERTS", "SSL_CERT_FILE"]
];
/** What the MCP SDK passes on where a client does not say otherwise. */
const SDK_NAMES = [
  ...["HOME", "LOGNAME", "PATH", "SHELL", "TERM", "USER"],
  ...["APPDATA", "HOMEDRIVE", "HOMEPATH", "LOCALAPPDATA", "PROCESSOR_ARCHITECTURE"],
  ...["SYSTEMDRIVE", "SYSTEMROOT", "TEMP", "USERNAME", "USERPROFILE", "PROGRAMFILES"]
];
/** Words of names that Gemini CLI keeps to itself. */
const GEMINI_WITHHELD = /CERT|KEY|TOKEN|SECRET|PASSWORD|AUTH/i;
/** Where the PATH of a program leads that was started from the desktop. */
const DESKTOP_PATH: Partial<Record<NodeJS.Platform, string>> = {
  darwin: "/usr/bin:/bin:/usr/sbin:/sbin",
  linux: "/usr/local/bin:/usr/bin:/bin"
};

const LEGACY = { protocolVersion: "2025-06-18", limitMs: USUAL_LIMIT_MS };
const DESKTOP: Ways = {
  ...{ ...LEGACY, cwd: "home", capabilities: { roots: { listChanged: true }, elicitation: {} } },
  env: (own, { platform }) => withPath(own, platform),
  name: "desktop"
};

/**
 * By agent id: how each starts servers and introduces itself, as measured; desktop programs as far as is
 * known.
 */
const WAYS: Readonly<Record<string, Ways>> = {
  "claude-code": {
    env: (own) => ({ ...own, CLAUDECODE: "1" }),
    cwd: "project",
    limitMs: USUAL_LIMIT_MS,
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
    limitMs: 5_000,
    name: "gemini-cli-mcp-client"
  },
  "claude-desktop": {
    ...DESKTOP,
    env: (own, { platform }) => only(withPath(own, platform), SDK_NAMES),
    name: "claude-ai"
  }
};

/** How an agent would start an entry on this machine, working in a project folder. */
export function launchOf(agentId: string, entry: LaunchEntry, machine: Machine, projectDir: string): Launch {
  const ways = WAYS[agentId] ?? { ...DESKTOP, name: agentId };
  const given = ways.env(machine.env, machine, entry);
  const env = { ...defined(given), ...entry.env };
  if (agentId === "claude-code") env["CLAUDE_PROJECT_DIR"] = projectDir;
  return {
    env,
    cwd: ways.cwd === "project" ? projectDir : machine.home,
    limitMs: entry.startupSeconds === undefined ? ways.limitMs : entry.startupSeconds * 1_000,
    hello: {
      protocolVersion: ways.protocolVersion,
      capabilities: ways.capabilities,
      clientInfo: { name: ways.name, version: "0.0.0" }
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
