import type { PublishReport } from "./report.ts";

/**
 * Formats the problems found by a check as GitHub Actions workflow commands, which appear next to the
 * affected lines.
 * @param isHarmless whether a problem doesn't fail the check
 */
export function annotationsOf(
  { documents, problems }: PublishReport,
  isHarmless: (code: string) => boolean
): string[] {
  const found = problems.map(({ document, line, column, url, code, message }) => {
    const place = { file: document, line, col: column, title: `imgwire: ${code}` };
    return command(isHarmless(code) ? "warning" : "error", place, url ? `${url}: ${message}` : message);
  });
  const stale = documents
    .filter(({ changed }) => changed)
    .map(({ path }) => command("error", { file: path, title: "imgwire: not published" }, STALE));
  return [...found, ...stale];
}

const STALE =
  "Some of its images aren't published in their current state. Run `imgwire publish` and commit the result.";

function command(
  name: string,
  properties: Record<string, string | number | undefined>,
  message: string
): string {
  const given = Object.entries(properties).filter(([, value]) => value !== undefined);
  const list = given.map(
    ([key, value]) => `${key}=${escaped(String(value)).replace(/:/g, "%3A").replace(/,/g, "%2C")}`
  );
  return `::${name} ${list.join(",")}::${escaped(message)}`;
}

function escaped(text: string): string {
  return text.replace(/%/g, "%25").replace(/\r/g, "%0D").replace(/\n/g, "%0A");
}
