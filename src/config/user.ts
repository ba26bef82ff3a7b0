import { join } from "node:path";
import { readJsonFile } from "../system/file.ts";
import type { SettingKey } from "./settings.ts";

/** An Environment as the user chose it; `name` is for people. */
export interface ChosenEnvironment {
  id: string;
  name: string;
}

/** The user's `config.json`. */
export interface UserConfig {
  path: string;
  settings: Partial<Record<SettingKey, string | readonly string[]>>;
  /** The Environment to work in, by hosted MCP URL: another service has other Environments. */
  environments: Readonly<Record<string, ChosenEnvironment>>;
  warnings: readonly string[];
}

/** What may stand in the file besides `environments`; secrets have no place in it. */
const STORED: readonly SettingKey[] = [
  "url",
  "tokenStore",
  "uploadRoots",
  "logLevel",
  "logFile",
  "clientMetadataUrl"
];

/** Reads the user's config; a missing file is an empty one, an unreadable one is empty with a warning. */
export function readUserConfig(configDir: string): UserConfig {
  const path = join(configDir, "config.json");
  try {
    const content = object(readJsonFile(path) ?? {});
    if (content) return { path, ...parse(content), warnings: [] };
    return {
      path,
      settings: {},
      environments: {},
      warnings: [`${path} is ignored: it is not a JSON object.`]
    };
  } catch (error) {
    const warning = `${path} is ignored: ${(error as Error).message}`;
    return { path, settings: {}, environments: {}, warnings: [warning] };
  }
}

/**
 * Chooses, or with undefined forgets, the user's Environment for a hosted MCP URL. Whatever else the file holds
 * is kept, also what a newer version wrote; a file that is not JSON is set aside first.
 */
export async function saveEnvironment(
  configDir: string,
  url: string,
  chosen?: ChosenEnvironment
): Promise<void> {
  const [{ withLock }, { writeFileAtomic }] = await Promise.all([
    import("../system/lock.ts"),
    import("../system/write.ts")
  ]);
  const path = join(configDir, "config.json");
  await withLock(`${path}.lock`, async () => {
    const content = await readOrSetAside(path);
    const environments = { ...object(content["environments"]), [url]: chosen };
    await writeFileAtomic(path, `${JSON.stringify({ ...content, environments }, undefined, 2)}\n`);
  });
}

async function readOrSetAside(path: string): Promise<Record<string, unknown>> {
  try {
    const content = object(readJsonFile(path) ?? {});
    if (content) return content;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  const { setAside } = await import("../system/write.ts");
  await setAside(path);
  return {};
}

function parse(content: Record<string, unknown>): Pick<UserConfig, "settings" | "environments"> {
  const settings: UserConfig["settings"] = {};
  for (const key of STORED) {
    const value = content[key];
    if (typeof value === "string" || isTexts(value)) settings[key] = value;
  }
  const environments: Record<string, ChosenEnvironment> = {};
  for (const [url, value] of Object.entries(object(content["environments"]) ?? {})) {
    const { id, name } = object(value) ?? {};
    if (typeof id === "string") environments[url] = { id, name: typeof name === "string" ? name : id };
  }
  return { settings, environments };
}

function isTexts(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((item) => typeof item === "string");
}

function object(value: unknown): Record<string, unknown> | undefined {
  return typeof value === "object" && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : undefined;
}
