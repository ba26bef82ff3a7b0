/**
 * Returns the release notes of a version: the text below its heading `## VERSION - DATE` in CHANGELOG.md.
 * @throws Error if the version has no heading, or no text below it
 */
export function notesOf(changelog: string, version: string): string {
  const sections = changelog.split(/^## /m).slice(1);
  const section = sections.find((text) => text.split(/\s/, 1)[0] === version);
  if (!section) throw new Error(`CHANGELOG.md has no section for ${version}.`);
  const notes = section.slice(section.indexOf("\n")).trim();
  if (notes === "") throw new Error(`CHANGELOG.md has no text for ${version}.`);
  return `${notes}\n`;
}
