import { parse } from "yaml";
import { isObject, type JsonObject } from "../../system/json.ts";

/** Parses the YAML between the first two `---` lines of a SKILL.md; an empty object if there is none. */
export function frontmatterOf(text: string): JsonObject {
  const [, block = ""] = /^---\r?\n([^]*?)\r?\n---[ \t]*(?:\r?\n|$)/.exec(text) ?? [];
  const value: unknown = parse(block);
  return isObject(value) ? value : {};
}
