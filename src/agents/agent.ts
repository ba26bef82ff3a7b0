import { posix, win32 } from "node:path";
import type { StdioCommand } from "./command.ts";
import type { ConfigFormat, ConfigTable } from "./formats/format.ts";

/** The name of our entry in every agent's list of MCP servers. */
export const ENTRY_NAME = "imgwire";

/** Where to install: for this user, or for everyone who works in a project folder. */
export const SCOPES = ["user", "project"] as const;
export type Scope = (typeof SCOPES)[number];

/** What the location of an agent's files depends on. */
export interface Machine {
  platform: NodeJS.Platform;
  home: string;
  env: Readonly<Record<string, string | undefined>>;
}

/** One user's folders on one machine, and the platform's way to join paths. */
export interface Folders {
  home: string;
  /** Where Electron programs store their data. */
  appData: string;
  /** Where programs that follow the XDG base directory specification store their configuration. */
  config: string;
  env: Readonly<Record<string, string | undefined>>;
  platform: NodeJS.Platform;
  join: (...parts: string[]) => string;
}

/** An agent into which MCP servers can be installed. */
export interface Agent {
  /** The name that people type on the command line. */
  id: string;
  title: string;
  /** Earlier or alternative names that people type. */
  aliases?: readonly string[];
  /**
   * The vendor's documentation of MCP servers, and the month in which this entry was last checked against it.
   */
  docs: string;
  checked: string;
  format: ConfigFormat;
  /** The key path of the table of servers. */
  servers: readonly string[];
  /** User-level files that the agent may read, preferred first; absent if it has none. */
  userFiles?: (folders: Folders) => readonly string[];
  /** Project-level files, relative to the project folder and with slashes. */
  projectFiles?: readonly string[];
  /** The initial content of a new project file. */
  newProjectFile?: string;
  /** Files and folders that the agent creates. If any of them exists, the agent has been used. */
  traces: (folders: Folders) => readonly string[];
  stdioEntry: (command: StdioCommand) => ConfigTable;
  /** Returns the entry for the hosted URL, or says what to do in an agent whose file can't hold one. */
  hostedEntry: ((url: URL) => ConfigTable) | { instead: string };
  /**
   * Returns the settings that let the named tools run without asking; absent if the file has no such setting.
   */
  approve?: (tools: readonly string[]) => ConfigTable;
  /** Returns a one-click installation link; absent if the agent has none. */
  link?: (command: StdioCommand) => string;
  /** Why relative paths and `.imgwire.json` don't resolve to the project in this agent. */
  outsideProject?: string;
  /** The user's skills folder and, relative to a project, the project's; absent if the agent reads none. */
  skills?: { user: (folders: Folders) => string; project?: string };
}

/** Computes a machine's folders without accessing the disk. */
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
 * Returns the absolute path of the file to write for an agent and a scope: the first existing file that the
 * agent reads, or else the preferred one.
 * @returns undefined if the agent has no file for that scope
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
