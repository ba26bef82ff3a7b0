import type { PublishReport } from "./report.ts";

/**
 * What a check found as workflow commands of GitHub Actions, which shows them beside the lines they are
 * about.
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
  "It shows images that are not published as they are now. Run `imgwire publish` and commit the result.";

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
