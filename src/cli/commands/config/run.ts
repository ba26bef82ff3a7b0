import { type SettingDefinition, SETTINGS } from "../../../config/definitions.ts";
import { resolveSettings, type SettingFlags, type Settings } from "../../../config/settings.ts";
import {
  readUserConfig,
  saveEnvironment,
  saveSetting,
  type StoredValue,
  userConfigFile
} from "../../../config/user.ts";
import { createDeps, type Deps } from "../../../deps.ts";
import { UsageError } from "../../../errors.ts";
import type { Invocation } from "../../command.ts";
import { describeRow, type SettingRow, showValue } from "./report.ts";

/** `imgwire config list`. */
export function listSettings({ deps, out }: Invocation): void {
  const settings = SETTINGS.map((setting) => rowOf(setting, deps.settings));
  const width = Math.max(...settings.map(({ setting }) => setting.length));
  out.answer({ settings }, () => settings.map((row) => describeRow(row, width, out.color.dim)).join("\n"));
}

/** `imgwire config get`. */
export function getSetting({ deps, out }: Invocation, name: string): void {
  out.answer(rowOf(find(name), deps.settings), ({ value }) => showValue(value));
}

/** `imgwire config set`. */
export async function setSetting({ deps, out }: Invocation, name: string, values: string[]): Promise<void> {
  const setting = find(name);
  const value = usable(setting, values, deps);
  await save(setting, value, deps);
  const row = rowOf(setting, settingsNow(deps));
  if (row.source !== "user config") {
    out.note(
      `Saved, but not used here: ${row.place ?? row.source} sets ${setting.key} to ${showValue(row.value)}.`
    );
  }
  const file = userConfigFile(deps.paths.config);
  out.answer({ ...row, saved: value, file }, () => `Saved ${setting.key} = ${showValue(value)} in ${file}.`);
}

/** `imgwire config unset`. */
export async function unsetSetting({ deps, out }: Invocation, name: string): Promise<void> {
  const setting = find(name);
  const wasSet = isSaved(setting, deps);
  if (!setting.secret) await save(setting, undefined, deps);
  const row = rowOf(setting, settingsNow(deps));
  const done = wasSet ? `Removed ${setting.key}.` : `Your configuration doesn't set ${setting.key}.`;
  out.answer(row, () => `${done} Now: ${describeRow(row, 0, out.color.dim)}`);
}

function isSaved({ key }: SettingDefinition, { paths, settings }: Deps): boolean {
  const saved = readUserConfig(paths.config);
  return (key === "environment" ? saved.environments[settings.url.href] : saved.settings[key]) !== undefined;
}

/** `imgwire config path`. */
export function printPath({ deps, out }: Invocation): void {
  out.answer({ path: userConfigFile(deps.paths.config) }, ({ path }) => path);
}

/** @throws UsageError that lists the valid names */
function find(name: string): SettingDefinition {
  const plain = name.replaceAll("-", "").toLowerCase();
  const found = SETTINGS.find(({ key }) => key.toLowerCase() === plain);
  if (found) return found;
  throw new UsageError(`There is no setting ${JSON.stringify(name)}.`, {
    hint: `Settings: ${SETTINGS.map(({ key }) => key).join(", ")}.`
  });
}

function rowOf({ key, secret }: SettingDefinition, settings: Settings): SettingRow {
  const value = settings[key];
  const shown = secret && value !== undefined ? "(set)" : value instanceof URL ? value.href : value;
  return {
    setting: key,
    value: shown ?? null,
    source: settings.sources[key],
    place: settings.places[key] ?? null
  };
}

/**
 * Validates a value and returns it in the form to be saved.
 * @throws UsageError if the setting can't have this value
 */
function usable({ key, secret, env, list }: SettingDefinition, values: string[], deps: Deps): StoredValue {
  if (secret) {
    throw new UsageError(`${key} is a secret, so it isn't saved to a file.`, { hint: `Set ${env} instead.` });
  }
  const [value = "", ...more] = values;
  if (value === "" || (more.length > 0 && !list)) {
    throw new UsageError(`${key} takes ${list ? "non-empty values" : "one non-empty value"}.`, {
      hint: `To remove it, run: imgwire config unset ${key}`
    });
  }
  const flags: SettingFlags = { [key]: list ? values : value };
  const { [key]: parsed } = resolveSettings({
    flags,
    env: {},
    cwd: deps.io.cwd(),
    configDir: deps.paths.config
  });
  return parsed instanceof URL ? parsed.href : (parsed ?? value);
}

function save({ key }: SettingDefinition, value: StoredValue | undefined, deps: Deps): Promise<void> {
  const { config } = deps.paths;
  if (key !== "environment") return saveSetting(config, key, value);
  const chosen = value === undefined ? undefined : { id: String(value), name: String(value) };
  return saveEnvironment(config, deps.settings.url.href, chosen);
}

/** Returns the settings as a newly started command would resolve them. */
function settingsNow(deps: Deps): Settings {
  return createDeps(deps.io, {}).settings;
}
