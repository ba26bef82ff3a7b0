import { posix, win32 } from "node:path";
import type { StdioCommand } from "./command.ts";
import type { ConfigFormat, ConfigTable } from "./formats/format.ts";

/** The name of our entry in every agent's list of MCP servers. */
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

/** An agent that MCP servers can be installed into. */
export interface Agent {
  /** What people type on the command line. */
  id: string;
  title: string;
  /** Earlier or other names that people type. */
  aliases?: readonly string[];
  /** The vendor's page about MCP servers, and the month in which this row was last checked. */
  docs: string;
  checked: string;
  format: ConfigFormat;
  /** Key path of the servers. */
  servers: readonly string[];
  /** The files the agent may read for its user, preferred first; absent where it has none. */
  userFiles?: (folders: Folders) => readonly string[];
  /** The same below a project folder, written with slashes. */
  projectFiles?: readonly string[];
  /** What a project file that does not exist yet has to start with. */
  newProjectFile?: string;
  /** Files and folders; one of them exists where the agent has been used. */
  traces: (folders: Folders) => readonly string[];
  stdioEntry: (command: StdioCommand) => ConfigTable;
  /** The entry for the hosted URL, or what to do in an agent whose file cannot hold one. */
  hostedEntry: ((url: URL) => ConfigTable) | { instead: string };
  /**
   * What to add to an entry so that the named tools run without a question; absent where the file has no such
   * setting.
   */
  approve?: (tools: readonly string[]) => ConfigTable;
  /** The address that installs a server with one click; absent where the agent has none. */
  link?: (command: StdioCommand) => string;
  /** Why relative paths and `.imgwire.json` do not lead to the project in this agent. */
  outsideProject?: string;
  /** Folders of skills, for the user and below a project folder; absent where the agent reads none. */
  skills?: { user: (folders: Folders) => string; project?: string };
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

/**
 * The file to write for an agent and a scope, absolute: of the files that the agent reads, the first that
 * exists, or else the preferred one.
 * @returns undefined where the agent has no file for that scope
 */
export function configFile(
  agent: Agent,
  scope: Scope,
  { machine, projectDir, exists }: { machine: Machine; projectDir: string; exists: (path: string) => boolean }
): string | undefined {
  const folders = foldersOf(machine);
  const files =
    scope === "user"
      ? agent.userFiles?.(folders)
      : agent.projectFiles?.map((file) => folders.join(projectDir, ...file.split("/")));
  return files?.find(exists) ?? files?.[0];
}
