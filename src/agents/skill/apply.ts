import { rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { ImgwireError } from "../../errors.ts";
import { withLock } from "../../system/lock.ts";
import { unwritable } from "../../system/write-error.ts";
import { writeFileAtomic } from "../../system/write.ts";
import { createFolder, removeCreatedFolders } from "../created-folders.ts";
import { targetOf } from "../target.ts";
import { planSkill, planSkillRemoval, type SkillPlan, type SkillState, skillState } from "./plan.ts";
import { recallSkill, rememberSkill, skillRecordPath, type SkillRecord } from "./record.ts";
import type { SkillFile } from "./shipped.ts";

/** Installs the skill for one agent, or removes it. */
export interface SkillChange {
  /** The agent's id. */
  agent: string;
  /** The absolute path of the skill's own folder in the agent's skills folder. */
  folder: string;
  /** Undefined removes the skill. */
  files: readonly SkillFile[] | undefined;
  /** A project folder that symbolic links must not lead out of. */
  within?: string | undefined;
}

/** The planned or actual result of a change to the skill. */
export interface SkillResult {
  folder: string;
  change: SkillPlan["change"];
  /** Files left alone because someone has changed them. */
  changed?: readonly string[];
  /** The target if the folder is a link. */
  link?: string;
  /** Other agents that still use the skill. */
  usedBy?: readonly string[];
}

/**
 * Plans a change without making it.
 * @throws ImgwireError `agent_config_link`
 */
export async function planSkillChange(change: SkillChange, stateDir: string): Promise<SkillResult> {
  await checkPlace(change);
  return resultOf(change.folder, plan(change, recallSkill(skillRecordPath(stateDir, change.folder))));
}

/**
 * Makes a change and records it, so that removing the skill deletes only what was written here.
 * @throws ImgwireError `agent_config_link`, `file_unwritable`
 */
export async function applySkillChange(change: SkillChange, stateDir: string): Promise<SkillResult> {
  await checkPlace(change);
  const path = skillRecordPath(stateDir, change.folder);
  return withLock(`${path}.lock`, async () => {
    const record = recallSkill(path);
    const todo = plan(change, record);
    if (change.files) await writeSkill(change, todo, record, stateDir);
    else if (record?.agents.includes(change.agent)) await removeSkill(change, todo, record, stateDir);
    return resultOf(change.folder, todo);
  });
}

/** The state of our skill in an agent's skills folder; undefined if it isn't there. */
export function stateOfSkill(
  folder: string,
  files: readonly SkillFile[],
  stateDir: string
): SkillState | undefined {
  return skillState(folder, files, recallSkill(skillRecordPath(stateDir, folder)));
}

/** Whether the skill was installed in a folder for an agent. */
export function hasSkill(agent: string, folder: string, stateDir: string): boolean {
  return recallSkill(skillRecordPath(stateDir, folder))?.agents.includes(agent) === true;
}

function plan({ agent, folder, files }: SkillChange, record: SkillRecord | undefined): SkillPlan {
  return files ? planSkill(folder, files, record) : planSkillRemoval(folder, agent, record);
}

async function checkPlace({ folder, within }: SkillChange): Promise<void> {
  await targetOf({ file: join(folder, "SKILL.md"), within });
}

/** Records a file before writing it, so that an interrupted update can be resumed. */
async function writeSkill(
  { agent, folder, files = [], within }: SkillChange,
  { change, writes, deletes }: SkillPlan,
  record: SkillRecord | undefined,
  stateDir: string
): Promise<void> {
  // Don't claim files that someone else put there.
  if (change === "kept" || (change === "unchanged" && !record)) return;
  const path = skillRecordPath(stateDir, folder);
  const base = { folder, agents: [...new Set([...(record?.agents ?? []), agent])] };
  const written = Object.fromEntries(files.map(({ path: file, sha256 }) => [file, [sha256]]));
  await rememberSkill(path, { ...base, files: union(record?.files ?? {}, written) });
  for (const file of writes) {
    const target = join(folder, file.path);
    await translatingErrors(target, () => createFolder(dirname(target), stateDir));
    await writeFileAtomic(target, file.text, { mode: 0o644, ...(within !== undefined && { within }) });
  }
  for (const file of deletes) await remove(join(folder, file), stateDir);
  await rememberSkill(path, { ...base, files: written });
}

async function removeSkill(
  { agent, folder }: SkillChange,
  { deletes, usedBy }: SkillPlan,
  record: SkillRecord,
  stateDir: string
): Promise<void> {
  const agents = record.agents.filter((each) => each !== agent);
  for (const file of deletes) await remove(join(folder, file), stateDir);
  await rememberSkill(
    skillRecordPath(stateDir, folder),
    usedBy.length > 0 ? { ...record, agents } : undefined
  );
}

async function remove(file: string, stateDir: string): Promise<void> {
  await translatingErrors(file, async () => {
    rmSync(file, { force: true });
    await removeCreatedFolders(dirname(file), stateDir);
  });
}

/** Converts file system errors to `file_unwritable`, like those of other writes. */
async function translatingErrors(file: string, action: () => Promise<void>): Promise<void> {
  try {
    await action();
  } catch (error) {
    throw error instanceof ImgwireError ? error : unwritable(file, error);
  }
}

function union(one: Record<string, string[]>, other: Record<string, string[]>): Record<string, string[]> {
  const paths = new Set([...Object.keys(one), ...Object.keys(other)]);
  return Object.fromEntries(
    [...paths].map((path) => [path, [...new Set([...(one[path] ?? []), ...(other[path] ?? [])])]])
  );
}

function resultOf(folder: string, { change, changed, link, usedBy }: SkillPlan): SkillResult {
  return {
    folder,
    change,
    ...(changed.length > 0 && { changed }),
    ...(link !== undefined && { link }),
    ...(usedBy.length > 0 && { usedBy })
  };
}
