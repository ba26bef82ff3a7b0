import { Option, type Command } from "commander";
import { SETTINGS } from "../config/definitions.ts";
import type { SettingFlags } from "../config/settings.ts";
import type { Deps } from "../deps.ts";
import type { Output } from "./ui/output.ts";

/** What a command is run with. */
export interface Invocation {
  deps: Deps;
  out: Output;
  /** Aborted by Ctrl-C or SIGTERM. */
  signal: AbortSignal;
}

/** The work of one command. It returns an exit code where that is not simply 0. */
export type Run<Options, Args extends unknown[]> = (
  invocation: Invocation,
  options: Options,
  ...args: Args
) => Promise<number | void>;

/** Turns a command's work into a commander action. */
export type Runner = <Options, Args extends unknown[]>(
  run: Run<Options, Args>
) => (...given: [...Args, Options, Command]) => Promise<void>;

/** Adds one command family to the program. */
export type Register = (program: Command, run: Runner) => void;

/** Adds `--json`, which every command takes whose answer is a document. */
export function addJsonOption(command: Command): void {
  command.addOption(new Option("--json", "one JSON document on stdout, nothing else there"));
}

/** Adds the settings' flags, which every command takes. */
export function addSettingOptions(command: Command): void {
  command.optionsGroup("Settings:");
  for (const option of settingOptions()) command.addOption(option);
}

/** Picks the settings' flags out of a command's parsed options. */
export function settingFlags(options: Record<string, unknown>): SettingFlags {
  const flags: SettingFlags = {};
  for (const setting of SETTINGS) {
    const value = setting.flag && given(setting.flag, options);
    if (value !== undefined && value !== "" && value !== false) flags[setting.key] = value;
  }
  return flags;
}

function settingOptions(): Option[] {
  return SETTINGS.flatMap((setting) => {
    if (!setting.flag) return [];
    const option = new Option(`--${setting.flag} ${setting.value ?? ""}`.trim(), setting.describe);
    if (setting.list) option.argParser((value: string, all: string[] = []) => [...all, value]);
    return [option];
  });
}

/** What a flag was given as. Commander takes `--no-x` for the opposite of an option `x`, which is on by default. */
function given(flag: string, options: Record<string, unknown>): SettingFlags[keyof SettingFlags] {
  if (flag.startsWith("no-")) return options[attribute(flag.slice(3))] === false ? true : undefined;
  return options[attribute(flag)] as SettingFlags[keyof SettingFlags];
}

function attribute(flag: string): string {
  return flag.replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase());
}
