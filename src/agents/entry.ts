import { type ConfigTable, isTable } from "./formats/format.ts";

/** The members that define what to connect to. Everything else in an entry belongs to the user. */
const OURS = [
  ...["type", "transport", "command", "args", "cmd", "env", "environment", "envs"],
  ...["url", "httpUrl", "serverUrl", "uri", "oauth_resource", "startup_timeout_sec", "env_vars"]
];

/** The members in which agents store a hosted server's address. */
const ADDRESSES = ["url", "httpUrl", "serverUrl", "uri"];

/** The members in which agents store a server's environment variables. */
const VARIABLES = ["env", "environment", "envs"];

/** The variables that an installed entry may set; any others in its `env` belong to the user. */
export const ENTRY_VARIABLES = [
  "PATH",
  "IMGWIRE_MCP_URL",
  "IMGWIRE_PROFILE",
  "IMGWIRE_ENVIRONMENT",
  "IMGWIRE_TOKEN_STORE",
  "IMGWIRE_CLIENT_ID",
  "IMGWIRE_CLIENT_METADATA_URL",
  "IMGWIRE_CALLBACK_PORT",
  "IMGWIRE_UPLOAD_ROOTS",
  "IMGWIRE_READ_ONLY",
  "IMGWIRE_TOOLS",
  "IMGWIRE_EXCLUDE_TOOLS",
  "IMGWIRE_STRIP_METADATA",
  "IMGWIRE_CONFIG_DIR"
] as const;

/**
 * Updates an entry: replaces what an earlier install wrote and keeps what the user has added (a switch, a
 * tool filter, a variable).
 */
export function mergeEntry(existing: unknown, entry: ConfigTable): ConfigTable {
  if (!isTable(existing)) return entry;
  const isHosted = ADDRESSES.some((key) => key in entry);
  const variablesKey =
    VARIABLES.find((key) => isTable(entry[key])) ?? VARIABLES.find((key) => isTable(existing[key]));
  const env =
    variablesKey && !isHosted
      ? { ...without(existing[variablesKey], ENTRY_VARIABLES), ...table(entry[variablesKey]) }
      : {};
  return {
    ...without(existing, OURS),
    ...kept(existing, entry),
    ...(variablesKey && Object.keys(env).length > 0 && { [variablesKey]: env })
  };
}

/** Keeps switches such as `enabled` as the user has set them, and adds approvals to the existing ones. */
function kept(existing: ConfigTable, entry: ConfigTable): ConfigTable {
  const members = Object.entries(entry).map(([key, value]) => [key, joined(key, existing[key], value)]);
  return Object.fromEntries(members) as ConfigTable;
}

function joined(key: string, existing: unknown, value: unknown): unknown {
  if (OURS.includes(key)) return value;
  if (typeof value === "boolean" && typeof existing === "boolean") return existing;
  if (key === "name" && typeof existing === "string") return existing;
  if (Array.isArray(value) && Array.isArray(existing)) {
    return [...new Set<unknown>([...(existing as unknown[]), ...(value as unknown[])])];
  }
  return isTable(value) && isTable(existing) ? { ...existing, ...value } : value;
}

function table(value: unknown): ConfigTable {
  return isTable(value) ? value : {};
}

function without(table: unknown, keys: readonly string[]): ConfigTable {
  if (!isTable(table)) return {};
  return Object.fromEntries(Object.entries(table).filter(([key]) => !keys.includes(key)));
}
