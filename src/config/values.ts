import { delimiter } from "node:path";
import { UsageError } from "../errors.ts";
import { isSecure } from "../system/loopback.ts";
import { DEFAULT_URL, type SettingDefinition, type SettingSource } from "./definitions.ts";
import type { StoredValue } from "./user.ts";

/** A setting's value as it was given. */
export interface Found {
  value: StoredValue;
  source: SettingSource;
  /** The flag, the variable or the file. */
  place: string;
  /** What the value is called where it was set, for error messages. */
  name: string;
}

/** Returns a value as a string; of a list, the last item. */
export function text(found: Found | undefined): string | undefined {
  if (found === undefined) return undefined;
  const { value } = found;
  return typeof value === "object" ? value.at(-1) : String(value);
}

/** Returns a value as a list without empty items; a single string is split. */
export function list(
  found: Found | undefined,
  kind: NonNullable<SettingDefinition["list"]>
): readonly string[] | undefined {
  if (!found) return undefined;
  const given = typeof found.value === "object" ? found.value : [String(found.value)];
  if (kind === "comma") return nonEmpty(given.flatMap((item) => item.split(",")).map((item) => item.trim()));
  // Items of a list aren't split, because a folder's name may contain the separator.
  return nonEmpty(typeof found.value === "object" ? given : given.flatMap((item) => item.split(delimiter)));
}

function nonEmpty(items: readonly string[]): readonly string[] {
  return items.filter((item) => item !== "");
}

/** @throws UsageError for any value that isn't allowed */
export function oneOf<T extends string>(found: Found | undefined, allowed: readonly T[], fallback: T): T {
  const value = text(found);
  if (value === undefined) return fallback;
  if ((allowed as readonly string[]).includes(value)) return value as T;
  throw new UsageError(`${found?.name} is "${value}", but it must be one of ${allowed.join(", ")}.`);
}

const YES = ["1", "true", "yes", "on"];
const NO = ["0", "false", "no", "off"];

/** @throws UsageError for anything but yes and no */
export function yesOrNo(found: Found | undefined): boolean {
  const value = text(found)?.toLowerCase();
  if (value === undefined || NO.includes(value)) return false;
  if (YES.includes(value)) return true;
  throw new UsageError(`${found?.name} is "${value}", but it must be true or false.`);
}

/** @throws UsageError for anything but a port that a program may listen on */
export function port(found: Found | undefined): number | undefined {
  const value = text(found);
  if (value === undefined) return undefined;
  const number = Number(value);
  if (/^\d{1,5}$/.test(value) && number >= 1 && number <= 65_535) return number;
  throw new UsageError(`${found?.name} is "${value}", but it must be a port: 1 to 65535.`);
}

/** Returns a name that can be part of a file name. @throws UsageError for any other */
export function name(found: Found | undefined): string | undefined {
  const value = text(found);
  if (value === undefined || /^[a-z0-9][a-z0-9._-]{0,63}$/i.test(value)) return value;
  throw new UsageError(
    `${found?.name} is "${value}", but a name may have only letters, digits, dots, dashes and underscores, 64 at most.`
  );
}

/** Returns the URL of the hosted MCP endpoint. @throws UsageError for a URL that can't be one */
export function endpoint(found: Found | undefined): URL {
  if (!found) return new URL(DEFAULT_URL);
  const url = parseUrl(found);
  if (isSecure(url) && !url.username && !url.password && !url.hash) return url;
  throw new UsageError(
    `${found.name} can't be the hosted MCP endpoint: it must be https, without user name or fragment (plain http only for a loopback host).`,
    { hint: `Leave it out to use ${DEFAULT_URL}.` }
  );
}

/**
 * Returns a URL that can be a `client_id` (Client ID Metadata Documents). @throws UsageError for any other
 */
export function metadataUrl(found: Found | undefined): URL | undefined {
  if (!found) return undefined;
  const url = parseUrl(found);
  if (url.protocol === "https:" && url.pathname !== "/" && !url.hash && !url.username) return url;
  throw new UsageError(`${found.name} must be an https URL with a path, without user name or fragment.`);
}

function parseUrl(found: Found): URL {
  const value = text(found) ?? "";
  if (URL.canParse(value)) return new URL(value);
  throw new UsageError(`${found.name} is not a URL.`);
}
