import { type Agent, foldersOf, type Scope } from "../../../agents/agent.ts";
import {
  applySkillChange,
  hasSkill,
  planSkillChange,
  type SkillResult,
  stateOfSkill
} from "../../../agents/skill/apply.ts";
import type { SkillState } from "../../../agents/skill/plan.ts";
import { readSkill, SKILL_NAME } from "../../../agents/skill/shipped.ts";
import type { Deps } from "../../../deps.ts";
import { machineOf } from "./machine.ts";

/**
 * Installs the skill in an agent's skills folder, or removes what an earlier install wrote.
 * @returns null if the skill is requested but the agent reads none in this scope; undefined if there is
 *   nothing to remove
 */
export async function changeSkill(
  agent: Agent,
  scope: Scope,
  { isInstall, dryRun }: { isInstall: boolean; dryRun: boolean },
  deps: Deps
): Promise<SkillResult | null | undefined> {
  const folder = folderOf(agent, scope, deps);
  if (folder === undefined) return isInstall ? null : undefined;
  const change = {
    ...{ agent: agent.id, folder },
    files: isInstall ? readSkill(deps.skillFolder()) : undefined,
    within: scope === "project" ? deps.io.cwd() : undefined
  };
  const result = await (dryRun ? planSkillChange : applySkillChange)(change, deps.paths.state);
  return isInstall || result.change !== "unchanged" ? result : undefined;
}

/** Whether `uninstall` would find the skill in an agent's folder. */
export function isSkillInstalled(agent: Agent, scope: Scope, deps: Deps): boolean {
  const folder = folderOf(agent, scope, deps);
  return folder !== undefined && hasSkill(agent.id, folder, deps.paths.state);
}

/** The state of the skill that an agent reads; null if there is none. */
export function skillStateOf(agent: Agent, scope: Scope, deps: Deps): SkillState | null {
  const folder = folderOf(agent, scope, deps);
  if (folder === undefined) return null;
  return stateOfSkill(folder, readSkill(deps.skillFolder()), deps.paths.state) ?? null;
}

function folderOf({ skills }: Agent, scope: Scope, { io }: Deps): string | undefined {
  const folders = foldersOf(machineOf(io));
  const all =
    scope === "user"
      ? skills?.user(folders)
      : skills?.project && folders.join(io.cwd(), ...skills.project.split("/"));
  return all && folders.join(all, SKILL_NAME);
}
