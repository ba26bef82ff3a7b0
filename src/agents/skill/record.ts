import { rmSync } from "node:fs";
import { join } from "node:path";
import { sha256 } from "../../system/file-key.ts";
import { isObject } from "../../system/json.ts";
import { readJsonIfUsable } from "../../system/read.ts";
import { writeFileAtomic } from "../../system/write.ts";

/** What is remembered of a skill that was installed, so that uninstalling takes out just that. */
export interface SkillRecord {
  folder: string;
  /** The agents that it was installed for: several may read one folder. */
  agents: string[];
  /** By path, the digests of what was written there: more than one only while an update is under way. */
  files: Record<string, string[]>;
}

/** Where the record of a skill's folder is kept, under the state folder. */
export function recordPath(stateDir: string, folder: string): string {
  return join(stateDir, "installed", `${sha256(folder).slice(0, 12)}-skill.json`);
}

/** @returns undefined where there is none or it can't be used: then nothing there counts as installed */
export function recallSkill(path: string): SkillRecord | undefined {
  const stored = readJsonIfUsable(path);
  if (!isObject(stored) || !areTexts(stored["agents"]) || !isObject(stored["files"])) return undefined;
  return Object.values(stored["files"]).every(areTexts) ? (stored as unknown as SkillRecord) : undefined;
}

function areTexts(value: unknown): boolean {
  return Array.isArray(value) && value.every((each) => typeof each === "string");
}

/** Writes the record, or with undefined removes it. */
export async function rememberSkill(path: string, record: SkillRecord | undefined): Promise<void> {
  if (record) await writeFileAtomic(path, `${JSON.stringify(record, undefined, 2)}\n`);
  else rmSync(path, { force: true });
}
