import { isObject, type JsonObject } from "../../system/json.ts";

/** The skill bundled with the program. */
export interface Skill {
  frontmatter: JsonObject;
  files: readonly { path: string; text: string; sha256: string }[];
}

const MARKDOWN = "text/markdown";
const DIRECTORY = "inode/directory";
/** Its folder, whose last segment is the name in the frontmatter. Everything below it is ours. */
const FOLDER = "skill://imgwire";
/** The URI that identifies it (SEP-2640). */
export const SKILL_URI = `${FOLDER}/SKILL.md`;

/** Whether a URI is within the bundled skill's folder. */
export function isSkillUri(uri: unknown): uri is string {
  return typeof uri === "string" && (uri === FOLDER || uri.startsWith(`${FOLDER}/`));
}

/** The skill as `skills/list` and `skills/get` show it. */
export function skillEntry({ frontmatter, files }: Skill): JsonObject {
  const resources = files.map(({ path, text, sha256 }) => ({
    uri: `${FOLDER}/${path}`,
    digest: `sha256:${sha256}`,
    size: Buffer.byteLength(text)
  }));
  return { uri: SKILL_URI, frontmatter, resources };
}

/** SKILL.md as `resources/list` shows it. */
export function skillResource({ frontmatter: { name, description } }: Skill): JsonObject {
  return { uri: SKILL_URI, name, description, mimeType: MARKDOWN };
}

/** The result of `resources/read`; undefined if the skill has no such file. */
export function readSkillFile({ files }: Skill, uri: string): JsonObject | undefined {
  const file = files.find(({ path }) => uri === `${FOLDER}/${path}`);
  return file && { contents: [{ uri, mimeType: MARKDOWN, text: file.text }] };
}

/**
 * The children of a folder, derived from the skills' entries, because a server needn't support this itself.
 * @returns undefined if no skill has such a folder
 */
export function childrenOf(entries: readonly unknown[], uri: string): JsonObject[] | undefined {
  const folder = uri.replace(/\/$/, "");
  const files = entries.flatMap(filesOf).filter((file) => file.startsWith(`${folder}/`));
  if (files.length === 0) return undefined;
  const names = new Set(files.map((file) => file.slice(folder.length + 1).split("/")[0]!));
  return [...names].map((name) => {
    const child = `${folder}/${name}`;
    const mimeType = child.endsWith(".md") ? { mimeType: MARKDOWN } : {};
    return { uri: child, name, ...(files.includes(child) ? mimeType : { mimeType: DIRECTORY }) };
  });
}

function filesOf(entry: unknown): string[] {
  const resources = isObject(entry) && Array.isArray(entry["resources"]) ? entry["resources"] : [];
  return resources.flatMap((each) =>
    isObject(each) && typeof each["uri"] === "string" ? [each["uri"]] : []
  );
}
