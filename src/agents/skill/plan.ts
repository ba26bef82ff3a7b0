import { lstatSync, readlinkSync } from "node:fs";
import { join } from "node:path";
import { sha256 } from "../../system/file-key.ts";
import { readTextFile } from "../../system/read.ts";
import type { SkillRecord } from "./record.ts";
import type { SkillFile } from "./shipped.ts";

/** What to do with the skill in one folder. */
export interface SkillPlan {
  change: "added" | "updated" | "removed" | "unchanged" | "kept";
  /** Files to write. */
  writes: readonly SkillFile[];
  /** Files to delete, by path. */
  deletes: readonly string[];
  /**
   * Paths of files that someone has edited. They keep the skill from being updated, and remain after removal.
   */
  changed: readonly string[];
  /** The target if the folder is a link; another program then manages it. */
  link?: string;
  /** Other agents that read the folder and still use the skill. */
  usedBy: readonly string[];
}

/** The state of the skill in a folder. */
export type SkillState = "installed" | "outdated" | "changed";

const NOTHING = { writes: [], deletes: [], changed: [], usedBy: [] };

/**
 * Plans how to install or update the skill in a folder. If anyone has edited any of its files, nothing
 * changes.
 */
export function planSkill(
  folder: string,
  files: readonly SkillFile[],
  record: SkillRecord | undefined
): SkillPlan {
  const link = linkAt(folder);
  if (link !== undefined) return { ...NOTHING, change: "kept", link };
  const disk = onDisk(folder, [...files.map(({ path }) => path), ...Object.keys(record?.files ?? {})]);
  const shipped = new Map(files.map(({ path, sha256 }) => [path, sha256]));
  const changed = [...disk.keys()].filter(
    (path) => disk.get(path) !== shipped.get(path) && !isOurs(path, disk, record)
  );
  if (changed.length > 0) return { ...NOTHING, change: "kept", changed };
  const writes = files.filter(({ path, sha256 }) => disk.get(path) !== sha256);
  const deletes = [...disk.keys()].filter((path) => !shipped.has(path));
  if (writes.length + deletes.length === 0) return { ...NOTHING, change: "unchanged" };
  return { ...NOTHING, change: disk.size === 0 ? "added" : "updated", writes, deletes };
}

/**
 * Plans how to remove the skill from a folder for one agent. Only files that were installed and haven't been
 * edited are removed, and none while another agent uses the skill.
 */
export function planSkillRemoval(folder: string, agent: string, record: SkillRecord | undefined): SkillPlan {
  if (!record?.agents.includes(agent)) return { ...NOTHING, change: "unchanged" };
  const usedBy = record.agents.filter((each) => each !== agent);
  if (usedBy.length > 0) return { ...NOTHING, change: "kept", usedBy };
  const link = linkAt(folder);
  if (link !== undefined) return { ...NOTHING, change: "kept", link };
  const disk = onDisk(folder, Object.keys(record.files));
  const deletes = [...disk.keys()].filter((path) => isOurs(path, disk, record));
  const changed = [...disk.keys()].filter((path) => !deletes.includes(path));
  return { ...NOTHING, change: deletes.length > 0 ? "removed" : "kept", deletes, changed };
}

/** The skill's state in a folder; undefined if the folder has no skill of that name. */
export function skillState(
  folder: string,
  files: readonly SkillFile[],
  record: SkillRecord | undefined
): SkillState | undefined {
  const disk = onDisk(
    folder,
    files.map(({ path }) => path)
  );
  if (!disk.has("SKILL.md")) return undefined;
  if (files.every(({ path, sha256 }) => disk.get(path) === sha256)) return "installed";
  return planSkill(folder, files, record).change === "kept" ? "changed" : "outdated";
}

function isOurs(path: string, disk: ReadonlyMap<string, string>, record: SkillRecord | undefined): boolean {
  return record?.files[path]?.includes(disk.get(path) ?? "") === true;
}

/**
 * The digests of the files on disk. Anything that isn't a regular file, or can't be read, matches no digest.
 */
function onDisk(folder: string, paths: readonly string[]): Map<string, string> {
  const found = [...new Set(paths)].map((path) => [path, digestAt(join(folder, path))] as const);
  return new Map(found.filter((entry): entry is readonly [string, string] => entry[1] !== undefined));
}

function digestAt(path: string): string | undefined {
  if (linkAt(path) !== undefined) return "link";
  try {
    const text = readTextFile(path, { keepByteOrderMark: true });
    return text === undefined ? undefined : sha256(text);
  } catch {
    return "unreadable";
  }
}

function linkAt(path: string): string | undefined {
  return lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() ? readlinkSync(path) : undefined;
}
