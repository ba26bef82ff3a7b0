import { LOG_LEVELS } from "../log.ts";

/** The default URL of the hosted MCP server. */
export const DEFAULT_URL = "https://mcp.imgwire.dev/mcp";
export const TOKEN_STORES = ["auto", "keychain", "file", "memory"] as const;

/** Where a setting's value came from, strongest first. */
export type SettingSource = "flag" | "environment variable" | "project file" | "user config" | "default";

/** What a setting is called wherever it can be set. Its key is also its name in the user's configuration. */
export interface SettingDefinition {
  key: SettingKey;
  env?: string;
  /** Long flag without the dashes; absent for secrets, which must not show up in a process list. */
  flag?: string;
  /** Placeholder of the flag's value in help texts; a setting without one is on or off. */
  value?: string;
  /** The allowed values, if there are only a few. */
  choices?: readonly string[];
  /** For a list: what separates its items in a single string. The flag may be repeated. */
  list?: "path" | "comma";
  /** The type in the user's configuration, if that is neither a string nor a list. */
  type?: "boolean" | "integer";
  /** Never written to a file by this program. */
  secret?: true;
  describe: string;
}

export type SettingKey =
  | "url"
  | "profile"
  | "environment"
  | "tokenStore"
  | "accessToken"
  | "clientId"
  | "clientSecret"
  | "clientMetadataUrl"
  | "callbackPort"
  | "uploadRoots"
  | "readOnly"
  | "tools"
  | "excludeTools"
  | "stripMetadata"
  | "noApps"
  | "logLevel"
  | "logFile"
  | "browser"
  | "noUpdateNotifier"
  | "accessible";

/** Every setting, in the order in which help texts and the README list them. */
export const SETTINGS: readonly SettingDefinition[] = [
  {
    key: "url",
    env: "IMGWIRE_MCP_URL",
    flag: "url",
    value: "<url>",
    describe: `Imgwire's MCP endpoint (default ${DEFAULT_URL}); plain http only for a loopback host`
  },
  {
    key: "profile",
    env: "IMGWIRE_PROFILE",
    flag: "profile",
    value: "<name>",
    describe: "which sign-in to use, if you have several (default `default`)"
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
    describe: `where the sign-in is stored: ${TOKEN_STORES.join(", ")} (default auto)`
  },
  {
    key: "accessToken",
    env: "IMGWIRE_ACCESS_TOKEN",
    secret: true,
    describe: "access token to use instead of signing in (for CI)"
  },
  { key: "clientId", env: "IMGWIRE_CLIENT_ID", describe: "client id of a pre-registered OAuth client" },
  {
    key: "clientSecret",
    env: "IMGWIRE_CLIENT_SECRET",
    secret: true,
    describe: "the pre-registered OAuth client's secret, if it has one"
  },
  {
    key: "clientMetadataUrl",
    env: "IMGWIRE_CLIENT_METADATA_URL",
    describe:
      "https URL to use as client_id where the authorization server supports Client ID Metadata Documents"
  },
  {
    key: "callbackPort",
    type: "integer",
    env: "IMGWIRE_CALLBACK_PORT",
    describe: "fixed port of the sign-in's loopback redirect, for a pre-registered client"
  },
  {
    key: "uploadRoots",
    env: "IMGWIRE_UPLOAD_ROOTS",
    flag: "upload-root",
    value: "<folder>",
    list: "path",
    describe: "folder uploads may come from (repeatable; replaces the defaults)"
  },
  {
    key: "readOnly",
    type: "boolean",
    env: "IMGWIRE_READ_ONLY",
    flag: "read-only",
    describe: "offer and call only read-only tools"
  },
  {
    key: "tools",
    env: "IMGWIRE_TOOLS",
    flag: "tools",
    value: "<globs>",
    list: "comma",
    describe: "offer only tools whose names match, separated by commas"
  },
  {
    key: "excludeTools",
    env: "IMGWIRE_EXCLUDE_TOOLS",
    flag: "exclude-tools",
    value: "<globs>",
    list: "comma",
    describe: "leave out tools whose names match, separated by commas"
  },
  {
    key: "stripMetadata",
    type: "boolean",
    env: "IMGWIRE_STRIP_METADATA",
    flag: "strip-metadata",
    describe: "remove locations, serial numbers and names from images before they are uploaded"
  },
  { key: "noApps", type: "boolean", flag: "no-apps", describe: "offer no MCP Apps" },
  {
    key: "logLevel",
    env: "IMGWIRE_LOG_LEVEL",
    flag: "log-level",
    value: "<level>",
    choices: LOG_LEVELS,
    describe: `how much to log to stderr: ${LOG_LEVELS.join(", ")} (default warn)`
  },
  {
    key: "logFile",
    env: "IMGWIRE_LOG_FILE",
    flag: "log-file",
    value: "<file>",
    describe: "also append the log, redacted, to this file"
  },
  { key: "browser", env: "BROWSER", describe: "program that opens sign-in links, or `none`" },
  {
    key: "noUpdateNotifier",
    type: "boolean",
    env: "IMGWIRE_NO_UPDATE_NOTIFIER",
    describe: "don't announce newer versions"
  },
  {
    key: "accessible",
    type: "boolean",
    env: "IMGWIRE_ACCESSIBLE",
    describe: "prompts and progress without redrawing the screen"
  }
];

/** Returns the definition of a setting. */
export function definitionOf(key: SettingKey): SettingDefinition {
  const found = SETTINGS.find((setting) => setting.key === key);
  if (!found) throw new TypeError(`There is no setting ${key}.`);
  return found;
}
