import { existsSync, realpathSync } from "node:fs";
import { delimiter, resolve } from "node:path";
import type { Agent, Scope } from "../../../agents/agent.ts";
import { serverCommand, type StdioCommand } from "../../../agents/command.ts";
import { ENTRY_VARIABLES } from "../../../agents/entry.ts";
import type { ConfigTable } from "../../../agents/formats/format.ts";
import { type SettingDefinition, type SettingKey, SETTINGS } from "../../../config/definitions.ts";
import type { Settings } from "../../../config/settings.ts";
import { UsageError } from "../../../errors.ts";
import type { Io } from "../../../system/io.ts";

/** The inputs for an agent's configuration entry. */
export interface EntryInputs {
  io: Io;
  settings: Settings;
  scope: Scope;
  /** Whether to connect to the hosted URL instead of starting the local server. */
  remote: boolean;
}

/**
 * Returns the entry for an agent.
 * @throws UsageError if a hosted entry is requested but the agent's file can't hold one
 */
export function entryFor({ stdioEntry, hostedEntry }: Agent, inputs: EntryInputs): ConfigTable {
  if (!inputs.remote) return stdioEntry(commandFor(inputs));
  if (!("instead" in hostedEntry)) return hostedEntry(inputs.settings.url);
  throw new UsageError(hostedEntry.instead, {
    hint: `The URL is ${inputs.settings.url.href}. Without --remote the local server is installed.`
  });
}

/**
 * The command in a one-click link. The link may be opened on other machines, where only npx finds the
 * package.
 */
export function linkCommand({ io, settings }: EntryInputs): StdioCommand {
  return { command: "npx", args: ["-y", "imgwire-mcp"], env: variables(io, settings) };
}

function commandFor({ io, settings, scope }: EntryInputs): StdioCommand {
  return serverCommand({
    platform: io.platform,
    execPath: process.execPath,
    binPath: realpathSync(io.argv[1] ?? ""),
    shared: scope === "project",
    env: variables(io, settings),
    sameFile: (path, other) =>
      existsSync(path) && existsSync(other) && realpathSync(path) === realpathSync(other),
    exists: existsSync
  });
}

/**
 * Returns variables for the settings given by flag or variable, because agents start the server without them.
 * The server reads configuration files itself. Secrets are never written.
 */
function variables(io: Io, settings: Settings): Record<string, string> {
  const found: Record<string, string> = {};
  for (const { key, env, list } of SETTINGS) {
    const given = ["flag", "environment variable"].includes(settings.sources[key]);
    if (!env || !given || !isWritten(env)) continue;
    const value = textOf(settings[key], list, io.cwd());
    if (value) found[env] = value;
  }
  const folder = io.env["IMGWIRE_CONFIG_DIR"];
  return folder ? { ...found, IMGWIRE_CONFIG_DIR: resolve(io.cwd(), folder) } : found;
}

function isWritten(variable: string): boolean {
  return (ENTRY_VARIABLES as readonly string[]).includes(variable);
}

function textOf(
  value: Settings[SettingKey],
  list: SettingDefinition["list"],
  cwd: string
): string | undefined {
  if (value instanceof URL) return value.href;
  if (typeof value === "boolean") return value ? "1" : undefined;
  if (typeof value !== "object") return value?.toString();
  if (list === "comma") return value.join(",");
  return value.map((folder) => (folder.startsWith("~") ? folder : resolve(cwd, folder))).join(delimiter);
}
