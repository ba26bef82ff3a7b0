import { type ConfigTable, isTable } from "./format.ts";

/** The members of an entry that say what to connect to; whatever else an entry holds is the user's. */
const OURS = [
  "type",
  "command",
  "args",
  "env",
  "url",
  "httpUrl",
  "serverUrl",
  "oauth_resource",
  "startup_timeout_sec",
  "env_vars"
];

/** The variables that a written entry may set; the others in an entry's `env` are the user's. */
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
 * Brings an entry up to date: what the user has added to it (a switch, a tool filter, a variable) is kept, and
 * what an earlier install wrote is replaced.
 */
export function mergeEntry(existing: unknown, entry: ConfigTable): ConfigTable {
  if (!isTable(existing)) return entry;
  const variables = entry["command"] === undefined ? {} : without(existing["env"], ENTRY_VARIABLES);
  const written = isTable(entry["env"]) ? entry["env"] : {};
  const env = { ...variables, ...written };
  return {
    ...without(existing, OURS),
    ...entry,
    ...(Object.keys(env).length > 0 && { env })
  };
}

function without(table: unknown, keys: readonly string[]): ConfigTable {
  if (!isTable(table)) return {};
  return Object.fromEntries(Object.entries(table).filter(([key]) => !keys.includes(key)));
}
