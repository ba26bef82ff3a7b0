/** Numbers, sizes and times in the user's language. */

export function formatNumber(value: number, locale: string | undefined): string {
  return new Intl.NumberFormat(known(locale), {
    notation: Math.abs(value) >= 10_000 ? "compact" : "standard",
    maximumFractionDigits: Math.abs(value) < 100 ? 1 : 0
  }).format(value);
}

const UNITS = ["byte", "kilobyte", "megabyte", "gigabyte", "terabyte"];

export function formatBytes(bytes: number, locale: string | undefined): string {
  const power = bytes < 1 ? 0 : Math.min(UNITS.length - 1, Math.floor(Math.log10(bytes) / 3));
  const value = bytes / 1000 ** power;
  return new Intl.NumberFormat(known(locale), {
    style: "unit",
    unit: UNITS[power]!,
    unitDisplay: power === 0 ? "long" : "short",
    maximumFractionDigits: power === 0 || value >= 100 ? 0 : 1
  }).format(value);
}

export function formatPercent(percent: number, locale: string | undefined): string {
  return new Intl.NumberFormat(known(locale), { style: "percent", maximumFractionDigits: 1 }).format(
    percent / 100
  );
}

/** Formats a point in time as a day, with the hour and minute if `withHour` is set. */
export function formatTime(
  time: number,
  withHour: boolean,
  where: { locale?: string; timeZone?: string }
): string {
  const options: Intl.DateTimeFormatOptions = {
    day: "numeric",
    month: "short",
    ...(withHour && { hour: "2-digit", minute: "2-digit" })
  };
  try {
    const zone = where.timeZone === undefined ? {} : { timeZone: where.timeZone };
    return new Intl.DateTimeFormat(known(where.locale), { ...options, ...zone }).format(time);
  } catch {
    // A time zone that this browser doesn't know.
    return new Intl.DateTimeFormat(known(where.locale), options).format(time);
  }
}

/** Returns the locale if the browser knows it, otherwise undefined for the browser's own. */
function known(locale: string | undefined): string | undefined {
  try {
    return locale === undefined ? undefined : Intl.getCanonicalLocales(locale)[0];
  } catch {
    return undefined;
  }
}
