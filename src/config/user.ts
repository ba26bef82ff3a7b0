import { join } from "node:path";
import { messageOf } from "../errors.ts";
import { isObject, type JsonObject } from "../system/json.ts";
import { readJsonFile } from "../system/read.ts";
import { type SettingKey, SETTINGS } from "./definitions.ts";

/** An Environment as the user chose it; `name` is for people. */
export interface ChosenEnvironment {
  id: string;
  name: string;
}

/** What a setting may be in a configuration file. */
export type StoredValue = string | number | boolean | readonly string[];

/** The user's `config.json`. */
export interface UserConfig {
  path: string;
  settings: Partial<Record<SettingKey, StoredValue>>;
  /** The Environment to work in, by hosted MCP URL: another server has other Environments. */
  environments: Readonly<Record<string, ChosenEnvironment>>;
  /** Folders that uploads may always read from. */
  roots: readonly string[];
  /** Why the file couldn't be read, where there is one; it then says nothing of what the user chose. */
  problem?: string;
}

/**
 * What may stand in the file under its own name. The Environment depends on the URL; secrets have no place in
 * it.
 */
const STORED: readonly SettingKey[] = SETTINGS.filter(
  ({ key, secret }) => !secret && key !== "environment"
).map(({ key }) => key);

/** Path of the user's configuration. */
export function userConfigFile(configDir: string): string {
  return join(configDir, "config.json");
}

/**
 * Reads the user's config with `JSON.parse` alone: it is read before the first answer. A missing file is an
 * empty one.
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

/** Chooses, or with undefined forgets, the user's Environment for a hosted MCP URL. */
export async function saveEnvironment(
  configDir: string,
  url: string,
  chosen?: ChosenEnvironment
): Promise<void> {
  await change(configDir, (content) => {
    const before = isObject(content["environments"]) ? content["environments"] : {};
    return { environments: filled({ ...before, [url]: chosen }) };
  });
}

/**
 * Stores, or with undefined forgets, a setting of the user's; the rest of the file is kept as {@link
 * saveEnvironment} does.
 */
export async function saveSetting(
  configDir: string,
  key: SettingKey,
  value: StoredValue | undefined
): Promise<void> {
  await change(configDir, () => ({ [key]: value }));
}

/** Saves the folders that uploads may always read from; `edit` makes them from those there are. */
export async function saveRoots(
  configDir: string,
  edit: (roots: readonly string[]) => readonly string[]
): Promise<void> {
  await change(configDir, (content) => ({ roots: edit(parse(content).roots) }));
}

/**
 * Changes some members of the file. Whatever else it holds is kept, also what a newer version wrote; a file
 * that is not JSON is set aside first.
 */
async function change(configDir: string, edit: (content: JsonObject) => JsonObject): Promise<void> {
  const [{ withLock }, { changeStore }] = await Promise.all([
    import("../system/lock.ts"),
    import("./user-store.ts")
  ]);
  const path = userConfigFile(configDir);
  await withLock(`${path}.lock`, async () => {
    await setAsideUnreadable(path);
    await changeStore(configDir, path, (content) => filled({ ...content, ...edit(content) }));
  });
}

function filled(content: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(content).filter(([, value]) => value !== undefined));
}

async function setAsideUnreadable(path: string): Promise<void> {
  try {
    if (isObject(readJsonFile(path) ?? {})) return;
  } catch {
    // What can't be read is as good as what can't be understood: its bytes are kept beside the new file.
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
