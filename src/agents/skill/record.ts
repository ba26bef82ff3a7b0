import { rmSync } from "node:fs";
import { isObject } from "../../system/json.ts";
import { readJsonIfUsable } from "../../system/read.ts";
import { writeFileAtomic } from "../../system/write.ts";
import { recordPath } from "../record-path.ts";

/** A record of an installed skill, so that uninstalling removes only what was installed. */
export interface SkillRecord {
  folder: string;
  /** The agents that it was installed for; several may read the same folder. */
  agents: string[];
  /** The digests of the files written there, by path: more than one only while an update is in progress. */
  files: Record<string, string[]>;
}

/** Returns where the record of a skill's folder is stored, in the state folder. */
export function skillRecordPath(stateDir: string, folder: string): string {
  return recordPath(stateDir, folder, "skill.json");
}

/** @returns undefined if there is no usable record; nothing in the folder then counts as installed */
export function recallSkill(path: string): SkillRecord | undefined {
  const stored = readJsonIfUsable(path);
  if (!isObject(stored) || !areTexts(stored["agents"]) || !isObject(stored["files"])) return undefined;
  return Object.values(stored["files"]).every(areTexts) ? (stored as unknown as SkillRecord) : undefined;
}

function areTexts(value: unknown): boolean {
  return Array.isArray(value) && value.every((each) => typeof each === "string");
}

/** Writes the record, or deletes it if undefined. */
export async function rememberSkill(path: string, record: SkillRecord | undefined): Promise<void> {
  if (record) await writeFileAtomic(path, `${JSON.stringify(record, undefined, 2)}\n`);
  else rmSync(path, { force: true });
}
