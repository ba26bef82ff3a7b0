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

/** What decides what is written into an agent's configuration. */
export interface EntryInputs {
  io: Io;
  settings: Settings;
  scope: Scope;
  /** The entry for the hosted URL instead of the local server. */
  remote: boolean;
}

/**
 * The entry for an agent.
 * @throws UsageError where a hosted entry is asked for and the agent's file cannot hold one
 */
export function entryFor({ stdioEntry, hostedEntry }: Agent, inputs: EntryInputs): ConfigTable {
  if (!inputs.remote) return stdioEntry(commandFor(inputs));
  if (!("instead" in hostedEntry)) return hostedEntry(inputs.settings.url);
  throw new UsageError(hostedEntry.instead, {
    hint: `The URL is ${inputs.settings.url.href}. Without --remote the local server is installed.`
  });
}

/**
 * What a one-click link starts: it is followed on other machines too, where only npx leads to the package.
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
 * The settings that were given for this run by flag or variable: an agent starts the server without them.
 * What stands in configuration files the server finds by itself, and secrets are never written.
 */
function variables(io: Io, settings: Settings): Record<string, string> {
  const found: Record<string, string> = {};
  for (const { key, env, list } of SETTINGS) {
    const given = ["flag", "environment variable"].includes(settings.sources[key]);
    if (!env || !given || !isWritten(env)) continue;
    const value = written(settings[key], list, io.cwd());
    if (value) found[env] = value;
  }
  const folder = io.env["IMGWIRE_CONFIG_DIR"];
  return folder ? { ...found, IMGWIRE_CONFIG_DIR: resolve(io.cwd(), folder) } : found;
}

function isWritten(variable: string): boolean {
  return (ENTRY_VARIABLES as readonly string[]).includes(variable);
}

function written(
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
