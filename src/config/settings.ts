import { delimiter } from "node:path";
import { UsageError } from "../errors.ts";
import { LOG_LEVELS, type LogLevel } from "../log.ts";
import { isSecure } from "../system/loopback.ts";
import { chosenIn } from "./environment.ts";
import { findProject } from "./project.ts";
import { readUserConfig, type UserConfig } from "./user.ts";

/** Where the hosted MCP server lives when nothing else is said. */
export const DEFAULT_URL = "https://mcp.imgwire.dev/mcp";
const TOKEN_STORES = ["auto", "keychain", "file", "memory"] as const;
type TokenStoreChoice = (typeof TOKEN_STORES)[number];

/** Where a setting's value came from, strongest first. */
export type SettingSource = "flag" | "environment variable" | "project file" | "user config" | "default";

/** One row of the settings table: how a setting is called in each place it can be given. */
export interface SettingDefinition {
  key: SettingKey;
  env: string;
  /** Long flag without the dashes; absent for what must not stand in a process list. */
  flag?: string;
  /** Placeholder of the flag's value in help texts. */
  value?: string;
  /** The values there are, where they are few. */
  choices?: readonly string[];
  repeatable?: boolean;
  describe: string;
}

export type SettingKey =
  | "url"
  | "environment"
  | "tokenStore"
  | "accessToken"
  | "clientId"
  | "clientSecret"
  | "clientMetadataUrl"
  | "uploadRoots"
  | "logLevel"
  | "logFile"
  | "browser";

/** Every setting, in the order in which help texts and the README list them. */
export const SETTINGS: readonly SettingDefinition[] = [
  {
    key: "url",
    env: "IMGWIRE_MCP_URL",
    flag: "url",
    value: "<url>",
    describe: `hosted MCP endpoint (default ${DEFAULT_URL}); plain http only for a loopback host`
  },
  {
    key: "environment",
    env: "IMGWIRE_ENVIRONMENT",
    flag: "environment",
    value: "<id-or-name>",
    describe: "Imgwire Environment for this process, by id or exact name"
  },
  {
    key: "tokenStore",
    env: "IMGWIRE_TOKEN_STORE",
    flag: "token-store",
    value: "<kind>",
    choices: TOKEN_STORES,
    describe: `where the sign-in is kept: ${TOKEN_STORES.join(", ")} (default auto)`
  },
  {
    key: "accessToken",
    env: "IMGWIRE_ACCESS_TOKEN",
    describe: "a bearer token to use as it is; no sign-in, nothing stored (for CI)"
  },
  { key: "clientId", env: "IMGWIRE_CLIENT_ID", describe: "a pre-registered OAuth client" },
  {
    key: "clientSecret",
    env: "IMGWIRE_CLIENT_SECRET",
    describe: "the pre-registered OAuth client's secret, where it has one"
  },
  {
    key: "clientMetadataUrl",
    env: "IMGWIRE_CLIENT_METADATA_URL",
    describe:
      "https URL to use as client_id where the authorization server supports Client ID Metadata Documents"
  },
  {
    key: "uploadRoots",
    env: "IMGWIRE_UPLOAD_ROOTS",
    flag: "upload-root",
    value: "<folder>",
    repeatable: true,
    describe:
      "folder that uploads may read from, replacing the defaults (the variable is separated like PATH)"
  },
  {
    key: "logLevel",
    env: "IMGWIRE_LOG_LEVEL",
    flag: "log-level",
    value: "<level>",
    choices: LOG_LEVELS,
    describe: `${LOG_LEVELS.join(", ")} (default warn); to stderr`
  },
  {
    key: "logFile",
    env: "IMGWIRE_LOG_FILE",
    flag: "log-file",
    value: "<file>",
    describe: "also append the log, redacted, to this file"
  },
  {
    key: "browser",
    env: "BROWSER",
    describe: "program that is handed a sign-in URL as its one argument; `none` opens nothing"
  }
];

/** The settings in force for this process. */
export interface Settings {
  /** The hosted MCP endpoint; `url.href` is the key under which everything about it is kept. */
  url: URL;
  environment: string | undefined;
  tokenStore: TokenStoreChoice;
  accessToken: string | undefined;
  clientId: string | undefined;
  clientSecret: string | undefined;
  clientMetadataUrl: URL | undefined;
  /** Replaces the default upload roots; undefined means the defaults. */
  uploadRoots: readonly string[] | undefined;
  logLevel: LogLevel;
  logFile: string | undefined;
  browser: string | undefined;
  sources: Readonly<Record<SettingKey, SettingSource>>;
  /** What was wrong with configuration files that could be read around; to be logged as warnings. */
  warnings: readonly string[];
}

/** Values of the settings' flags as the command line gave them. */
export type SettingFlags = Partial<Record<SettingKey, string | readonly string[]>>;

/** What settings are resolved from. */
export interface SettingInputs {
  flags: SettingFlags;
  env: Readonly<Record<string, string | undefined>>;
  /** Folder from which the project file is looked for upward. */
  cwd: string;
  /** Folder of the user's `config.json`. */
  configDir: string;
}

/**
 * Resolves every setting in the order flag, environment variable, project file, user config, default.
 * @throws UsageError when a value is not usable; it names the place the value came from
 */
export function resolveSettings(inputs: SettingInputs): Settings {
  const user = readUserConfig(inputs.configDir);
  const project = findProject(inputs.cwd);
  const sources = {} as Record<SettingKey, SettingSource>;
  const take = (key: SettingKey, lower?: () => Found | undefined): Found | undefined => {
    const found = fromFlagOrEnv(key, inputs) ?? lower?.();
    sources[key] = found?.source ?? "default";
    return found;
  };
  const text = (key: SettingKey): string | undefined => single(take(key, () => fromUser(user, key)));

  const url = endpoint(take("url", () => fromUser(user, "url")));
  const environment = single(take("environment", () => fromChoice(chosenIn(project, user, url))));
  return {
    url,
    environment,
    tokenStore: oneOf(
      take("tokenStore", () => fromUser(user, "tokenStore")),
      TOKEN_STORES,
      "auto"
    ),
    accessToken: text("accessToken"),
    clientId: text("clientId"),
    clientSecret: text("clientSecret"),
    clientMetadataUrl: metadataUrl(take("clientMetadataUrl")),
    uploadRoots: folders(take("uploadRoots", () => fromUser(user, "uploadRoots"))),
    logLevel: oneOf(
      take("logLevel", () => fromUser(user, "logLevel")),
      LOG_LEVELS,
      "warn"
    ),
    logFile: text("logFile"),
    browser: text("browser"),
    sources,
    warnings: [...user.warnings, ...(project?.warnings ?? [])]
  };
}

interface Found {
  value: string | readonly string[];
  source: SettingSource;
  /** How the value is called where it was given, for error messages. */
  name: string;
}

function fromFlagOrEnv(key: SettingKey, { flags, env }: SettingInputs): Found | undefined {
  const definition = SETTINGS.find((setting) => setting.key === key);
  if (!definition) return undefined;
  const flag = flags[key];
  if (flag !== undefined) return { value: flag, source: "flag", name: `--${definition.flag ?? key}` };
  const variable = env[definition.env];
  return variable ? { value: variable, source: "environment variable", name: definition.env } : undefined;
}

function fromUser(user: UserConfig, key: SettingKey): Found | undefined {
  const value = user.settings[key];
  return value === undefined ? undefined : { value, source: "user config", name: `"${key}" in ${user.path}` };
}

function fromChoice(choice: ReturnType<typeof chosenIn>): Found | undefined {
  return choice && { value: choice.wanted, source: choice.source, name: choice.place };
}

function single(found: Found | undefined): string | undefined {
  return typeof found?.value === "string" ? found.value : found?.value.at(-1);
}

function folders(found: Found | undefined): readonly string[] | undefined {
  if (!found) return undefined;
  const list = typeof found.value === "string" ? found.value.split(delimiter) : found.value;
  return list.filter((folder) => folder !== "");
}

function oneOf<T extends string>(found: Found | undefined, allowed: readonly T[], fallback: T): T {
  const value = single(found);
  if (value === undefined) return fallback;
  if ((allowed as readonly string[]).includes(value)) return value as T;
  throw new UsageError(`${found?.name} is "${value}", but it must be one of ${allowed.join(", ")}.`);
}

function endpoint(found: Found | undefined): URL {
  const url = parseUrl(found ?? { value: DEFAULT_URL, source: "default", name: "--url" });
  if (isSecure(url) && !url.username && !url.password && !url.hash) return url;
  throw new UsageError(
    `${found?.name} is not usable as the hosted MCP endpoint: it must be https, without user name or fragment (plain http only for a loopback host).`,
    {
      hint: `Leave it out to use ${DEFAULT_URL}.`
    }
  );
}

function metadataUrl(found: Found | undefined): URL | undefined {
  if (!found) return undefined;
  const url = parseUrl(found);
  if (url.protocol === "https:" && url.pathname !== "/" && !url.hash && !url.username) return url;
  throw new UsageError(`${found.name} must be an https URL with a path, without user name or fragment.`);
}

function parseUrl(found: Found): URL {
  const text = single(found) ?? "";
  if (URL.canParse(text)) return new URL(text);
  throw new UsageError(`${found.name} is not a URL.`);
}
