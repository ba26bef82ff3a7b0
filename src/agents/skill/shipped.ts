import { readdirSync } from "node:fs";
import { join } from "node:path";
import { sha256 } from "../../system/file-key.ts";
import { slashPath } from "../../system/path.ts";
import { readTextFile } from "../../system/read.ts";

/** The skill's name: both its folder and the name in its front matter. */
export const SKILL_NAME = "imgwire";

/** One file of the skill. */
export interface SkillFile {
  /** Relative to the skill's folder, with slashes. */
  path: string;
  text: string;
  /** SHA-256 of the bytes, in hex. */
  sha256: string;
}

/**
 * Reads the skill that ships with the program: SKILL.md first, then the other files by name.
 * @param folder the package's own `skills/imgwire`
 * @throws ImgwireError as `readTextFile`
 */
export function readSkill(folder: string): SkillFile[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => slashPath(folder, join(entry.parentPath, entry.name)))
    .sort((one, other) => rank(one) - rank(other) || (one < other ? -1 : 1))
    .map((path) => {
      const text = readTextFile(join(folder, path), { keepByteOrderMark: true }) ?? "";
      return { path, text, sha256: sha256(text) };
    });
}

function rank(path: string): number {
  return path === "SKILL.md" ? 0 : 1;
}
