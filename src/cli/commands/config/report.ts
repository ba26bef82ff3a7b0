import type { SettingSource } from "../../../config/definitions.ts";
import type { StoredValue } from "../../../config/user.ts";
import { plain } from "../../ui/output.ts";

/** One setting, for people and for `--json`. */
export interface SettingRow {
  setting: string;
  value: StoredValue | null;
  source: SettingSource;
  /** The flag, variable or file that sets it. */
  place: string | null;
}

/** Describes a setting in one line. */
export function describeRow(
  { setting, value, source, place }: SettingRow,
  width: number,
  dim: (text: string) => string
): string {
  const from =
    place === null || source === "flag" || source === "environment variable"
      ? (place ?? source)
      : `${source}, ${place}`;
  return `${setting.padEnd(width)}  ${showValue(value)}  ${dim(`(${plain(from)})`)}`;
}

/** Formats a value on one line; list items are separated by commas. */
export function showValue(value: StoredValue | null): string {
  if (value === null) return "-";
  return plain(typeof value === "object" ? value.join(", ") : String(value));
}
