import { parse } from "yaml";
import { isObject, type JsonObject } from "../../system/json.ts";

/** The YAML between the first two lines of `---` in a SKILL.md, as an object; empty where there is none. */
export function frontmatterOf(text: string): JsonObject {
  const [, block = ""] = /^---\r?\n([^]*?)\r?\n---[ \t]*(?:\r?\n|$)/.exec(text) ?? [];
  const value: unknown = parse(block);
  return isObject(value) ? value : {};
}
