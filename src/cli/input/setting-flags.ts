import { Option } from "commander";
import { SETTINGS } from "../../config/definitions.ts";
import type { SettingFlags } from "../../config/settings.ts";

/** The flags of the settings. They belong to the program, so they may come before or after the command. */
export function settingOptions(): Option[] {
  return SETTINGS.flatMap((setting) => {
    if (!setting.flag) return [];
    const option = new Option(`--${setting.flag} ${setting.value ?? ""}`.trim(), setting.describe);
    if (setting.list) option.argParser((value: string, all: string[] = []) => [...all, value]);
    return [option];
  });
}

/** Extracts the values of the settings' flags from parsed options. */
export function settingFlags(options: Record<string, unknown>): SettingFlags {
  const flags: SettingFlags = {};
  for (const setting of SETTINGS) {
    const value = setting.flag && given(setting.flag, options);
    if (value !== undefined && value !== "" && value !== false) flags[setting.key] = value;
  }
  return flags;
}

/**
 * The value given for a flag. Commander parses `--no-x` as the negation of an option `x` that is on by
 * default.
 */
function given(flag: string, options: Record<string, unknown>): SettingFlags[keyof SettingFlags] {
  if (flag.startsWith("no-")) return options[attribute(flag.slice(3))] === false ? true : undefined;
  return options[attribute(flag)] as SettingFlags[keyof SettingFlags];
}

function attribute(flag: string): string {
  return flag.replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase());
}
