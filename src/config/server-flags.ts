import { UsageError } from "../errors.ts";
import { SETTINGS } from "./definitions.ts";
import type { SettingFlags } from "./settings.ts";

/**
 * Reads the flags that the MCP server is started with.
 * @throws UsageError for anything else among the arguments
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
