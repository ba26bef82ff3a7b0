import { join } from "node:path";
import { messageOf } from "../errors.ts";
import { isObject, type JsonObject } from "../system/json.ts";
import { readJsonFile } from "../system/read.ts";
import { type SettingKey, SETTINGS } from "./definitions.ts";

/** An Environment that the user chose; `name` is for people. */
export interface ChosenEnvironment {
  id: string;
  name: string;
}

/** The types a setting may have in a configuration file. */
export type StoredValue = string | number | boolean | readonly string[];

/** The user's `config.json`. */
export interface UserConfig {
  path: string;
  settings: Partial<Record<SettingKey, StoredValue>>;
  /** The selected Environment of each hosted MCP URL. */
  environments: Readonly<Record<string, ChosenEnvironment>>;
  /** Folders that uploads may always read from. */
  roots: readonly string[];
  /** Why an existing file couldn't be read; the user's choices are then unknown. */
  problem?: string;
}

/**
 * The settings that the file may hold under their own names. The Environment is stored by URL instead, and
 * secrets not at all.
 */
const STORED: readonly SettingKey[] = SETTINGS.filter(
  ({ key, secret }) => !secret && key !== "environment"
).map(({ key }) => key);

/** Path of the user's configuration. */
export function userConfigFile(configDir: string): string {
  return join(configDir, "config.json");
}

/**
 * Reads the user's configuration with nothing but `JSON.parse`, because it is read before the first answer. A
 * missing file counts as an empty one.
 */
export function readUserConfig(configDir: string): UserConfig {
  const path = userConfigFile(configDir);
  try {
    const content = readJsonFile(path) ?? {};
    if (isObject(content)) return { path, ...parse(content) };
    return { path, settings: {}, environments: {}, roots: [], problem: `${path} is not a JSON object.` };
  } catch (error) {
    return { path, settings: {}, environments: {}, roots: [], problem: messageOf(error) };
  }
}

/** Sets the user's Environment for a hosted MCP URL, or clears it if undefined. */
export async function saveEnvironment(
  configDir: string,
  url: string,
  chosen?: ChosenEnvironment
): Promise<void> {
  await change(configDir, (content) => {
    const before = isObject(content["environments"]) ? content["environments"] : {};
    return { environments: withoutUndefined({ ...before, [url]: chosen }) };
  });
}

/**
 * Sets one of the user's settings, or clears it if undefined; keeps the rest of the file as {@link
 * saveEnvironment} does.
 */
export async function saveSetting(
  configDir: string,
  key: SettingKey,
  value: StoredValue | undefined
): Promise<void> {
  await change(configDir, () => ({ [key]: value }));
}

/** Saves the folders that uploads may always read from; `edit` turns the current ones into the new ones. */
export async function saveRoots(
  configDir: string,
  edit: (roots: readonly string[]) => readonly string[]
): Promise<void> {
  await change(configDir, (content) => ({ roots: edit(parse(content).roots) }));
}

/**
 * Changes some members of the file and keeps the rest, even unknown ones. An invalid file is set aside first.
 */
async function change(configDir: string, edit: (content: JsonObject) => JsonObject): Promise<void> {
  const [{ withLock }, { changeStore }] = await Promise.all([
    import("../system/lock.ts"),
    import("./user-store.ts")
  ]);
  const path = userConfigFile(configDir);
  await withLock(`${path}.lock`, async () => {
    await setAsideUnreadable(path);
    await changeStore(configDir, path, (content) => withoutUndefined({ ...content, ...edit(content) }));
  });
}

function withoutUndefined(content: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(content).filter(([, value]) => value !== undefined));
}

async function setAsideUnreadable(path: string): Promise<void> {
  try {
    if (isObject(readJsonFile(path) ?? {})) return;
  } catch {
    // An unreadable file is treated like an invalid one: its bytes are kept next to the new file.
  }
  const { setAside } = await import("../system/write.ts");
  await setAside(path);
}

function parse(content: JsonObject): Pick<UserConfig, "settings" | "environments" | "roots"> {
  const settings: UserConfig["settings"] = {};
  for (const key of STORED) {
    const value = content[key];
    if (isStoredValue(value)) settings[key] = value;
  }
  const environments: Record<string, ChosenEnvironment> = {};
  const chosen = isObject(content["environments"]) ? content["environments"] : {};
  for (const [url, value] of Object.entries(chosen)) {
    const { id, name } = isObject(value) ? value : {};
    if (typeof id === "string") environments[url] = { id, name: typeof name === "string" ? name : id };
  }
  const roots = Array.isArray(content["roots"])
    ? content["roots"].filter((each) => typeof each === "string")
    : [];
  return { settings, environments, roots };
}

function isStoredValue(value: unknown): value is StoredValue {
  if (Array.isArray(value)) return value.every((item) => typeof item === "string");
  return ["string", "number", "boolean"].includes(typeof value);
}
