import { firstValue, type HeaderField } from "./header-field.ts";

/** Parses a Retry-After field (RFC 9110 section 10.2.3), seconds or a date, as milliseconds from `now`. */
export function parseRetryAfter(field: HeaderField, now = Date.now()): number | undefined {
  const value = firstValue(field)?.trim();
  if (!value) return undefined;
  if (/^\d+$/.test(value)) return Number(value) * 1_000;
  // Date.parse accepts "-5" and "1.5" as dates.
  const date = /^[a-z]/i.test(value) ? Date.parse(value) : Number.NaN;
  return Number.isNaN(date) ? undefined : Math.max(0, date - now);
}
