import { homedir } from "node:os";
import { LOG_LEVELS, type LogLevel } from "../log.ts";
import { chosenIn } from "./choice.ts";
import { definitionOf, type SettingKey, type SettingSource, TOKEN_STORES } from "./definitions.ts";
import { findProject, type Project } from "./project.ts";
import { readUserConfig, type StoredValue, type UserConfig } from "./user.ts";
import { endpoint, type Found, list, metadataUrl, name, oneOf, port, text, yesOrNo } from "./values.ts";

/** The settings of this process. */
export interface Settings {
  /** The hosted MCP endpoint; `url.href` is the key under which everything about it is stored. */
  url: URL;
  /** Which of several sign-ins to use. */
  profile: string;
  environment: string | undefined;
  tokenStore: (typeof TOKEN_STORES)[number];
  accessToken: string | undefined;
  clientId: string | undefined;
  clientSecret: string | undefined;
  clientMetadataUrl: URL | undefined;
  /** Fixed port of the loopback redirect; undefined for any. */
  callbackPort: number | undefined;
  /** Replaces the default upload roots; undefined means the defaults. */
  uploadRoots: readonly string[] | undefined;
  readOnly: boolean;
  /** Globs of tool names to offer; undefined means all. */
  tools: readonly string[] | undefined;
  /** Globs of tool names to leave out. */
  excludeTools: readonly string[] | undefined;
  stripMetadata: boolean;
  noApps: boolean;
  logLevel: LogLevel;
  logFile: string | undefined;
  browser: string | undefined;
  noUpdateNotifier: boolean;
  accessible: boolean;
  sources: Readonly<Record<SettingKey, SettingSource>>;
  /** The flag, variable or file that each value came from; nothing for defaults. */
  places: Readonly<Partial<Record<SettingKey, string>>>;
  /** The project file that was found. */
  projectFile: string | undefined;
  /** Problems in configuration files that didn't stop this program; to be logged as warnings. */
  warnings: readonly string[];
}

/** The values of the settings' flags on the command line. */
export type SettingFlags = Partial<Record<SettingKey, string | boolean | readonly string[]>>;

/** What settings are resolved from. */
export interface SettingInputs {
  flags: SettingFlags;
  env: Readonly<Record<string, string | undefined>>;
  /** Folder where the upward search for the project file starts. */
  cwd: string;
  /** Where that search ends; by default the user's home folder. */
  home?: string;
  /** Folder of the user's `config.json`. */
  configDir: string;
}

/**
 * Resolves every setting in the order flag, environment variable, project file, user config, default.
 * @throws UsageError for an invalid value; the message names where it came from
 */
export function resolveSettings(inputs: SettingInputs): Settings {
  const user = readUserConfig(inputs.configDir);
  const project = findProject(inputs.cwd, inputs.home ?? homedir());
  const sources = {} as Record<SettingKey, SettingSource>;
  const places: Partial<Record<SettingKey, string>> = {};
  const find = (key: SettingKey, inFiles = fromUser(user, key)): Found | undefined => {
    const found = fromFlagOrEnv(key, inputs) ?? inFiles;
    sources[key] = found?.source ?? "default";
    if (found) places[key] = found.place;
    return found;
  };

  const url = endpoint(find("url"));
  const choice = chosenIn(project, user, url);
  return {
    url,
    profile: name(find("profile", fromProject(project) ?? fromUser(user, "profile"))) ?? "default",
    environment: text(find("environment", choice && { ...choice, value: choice.wanted, name: choice.place })),
    tokenStore: oneOf(find("tokenStore"), TOKEN_STORES, "auto"),
    accessToken: text(find("accessToken")),
    clientId: text(find("clientId")),
    clientSecret: text(find("clientSecret")),
    clientMetadataUrl: metadataUrl(find("clientMetadataUrl")),
    callbackPort: port(find("callbackPort")),
    uploadRoots: list(find("uploadRoots"), "path"),
    readOnly: yesOrNo(find("readOnly")),
    tools: list(find("tools"), "comma"),
    excludeTools: list(find("excludeTools"), "comma"),
    stripMetadata: yesOrNo(find("stripMetadata")),
    noApps: yesOrNo(find("noApps")),
    logLevel: oneOf(find("logLevel"), LOG_LEVELS, "warn"),
    logFile: text(find("logFile")),
    browser: text(find("browser")),
    noUpdateNotifier: yesOrNo(find("noUpdateNotifier")),
    accessible: yesOrNo(find("accessible")),
    sources,
    places,
    projectFile: project?.path,
    warnings: [user.problem, project?.problem].filter((problem) => problem !== undefined)
  };
}

function fromFlagOrEnv(key: SettingKey, { flags, env }: SettingInputs): Found | undefined {
  const definition = definitionOf(key);
  const flag = flags[key];
  if (flag !== undefined) return found(flag, "flag", `--${definition.flag ?? key}`);
  const variable = definition.env && env[definition.env];
  return variable ? found(variable, "environment variable", definition.env ?? "") : undefined;
}

function found(value: StoredValue, source: SettingSource, place: string): Found {
  return { value, source, place, name: place };
}

function fromUser(user: UserConfig, key: SettingKey): Found | undefined {
  const value = user.settings[key];
  if (value === undefined) return undefined;
  return { value, source: "user config", place: user.path, name: `"${key}" in ${user.path}` };
}

function fromProject(project: Project | undefined): Found | undefined {
  if (project?.profile === undefined) return undefined;
  const { path, profile: value } = project;
  return { value, source: "project file", place: path, name: `"profile" in ${path}` };
}
