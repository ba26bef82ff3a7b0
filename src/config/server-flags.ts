import { UsageError } from "../errors.ts";
import { SETTINGS } from "./definitions.ts";
import type { SettingFlags } from "./settings.ts";

/**
 * Parses the arguments of the MCP server.
 * @throws UsageError for anything but the settings' flags
 */
export async function parseServerFlags(args: readonly string[]): Promise<SettingFlags> {
  if (args.length === 0) return {};
  const { parseArgs } = await import("node:util");
  const flagged = SETTINGS.filter((setting) => setting.flag !== undefined);
  const options = Object.fromEntries(
    flagged.map(({ flag = "", value, list }) => [
      flag,
      {
        type: value === undefined ? ("boolean" as const) : ("string" as const),
        multiple: list !== undefined
      }
    ])
  );
  try {
    const parsed = parseArgs({ args: [...args], options, strict: true, allowPositionals: false });
    const values = parsed.values as Record<string, string | boolean | string[] | undefined>;
    const given = flagged.map(({ key, flag }) => [key, values[flag ?? ""]] as const);
    return Object.fromEntries(given.filter(([, value]) => value !== undefined));
  } catch (error) {
    throw new UsageError((error as Error).message, { hint: "Run `imgwire-mcp --help`.", cause: error });
  }
}
