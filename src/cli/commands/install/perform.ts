import { createTwoFilesPatch, FILE_HEADERS_ONLY } from "diff";
import type { Scope } from "../../../agents/agent.ts";
import { applyChange, type ConfigChange, type ConfigResult, planChange } from "../../../agents/apply.ts";
import { describeError, ImgwireError } from "../../../errors.ts";
import { redact } from "../../../log.ts";
import type { Invocation } from "../../command.ts";
import { describeChanges, type Result } from "./report.ts";
import { changeSkill } from "./skill.ts";
import type { Target } from "./targets.ts";

/** How `install` and `uninstall` make their changes. */
interface PerformOptions {
  scope: Scope;
  /** Only plan the changes. */
  dryRun?: boolean;
  /** Also install the skill. */
  skill?: boolean;
}

/**
 * Makes the changes one at a time. A failure doesn't stop the others, and is thrown only if there was a
 * single target.
 */
export async function perform(
  changes: readonly ConfigChange[],
  targets: readonly Target[],
  invocation: Invocation,
  options: PerformOptions
): Promise<Result[]> {
  const { scope, dryRun = false } = options;
  const results: Result[] = [];
  for (const [index, change] of changes.entries()) {
    const client = targets[index]!.agent.id;
    try {
      results.push({ client, scope, ...(await performOne(change, targets[index]!, invocation, options)) });
    } catch (error) {
      if (changes.length === 1 || !(error instanceof ImgwireError)) throw error;
      results.push({ client, scope, file: change.file, error: describeError(error) });
    }
  }
  invocation.out.answer({ dryRun, results }, () => describeChanges(results, dryRun, invocation.out));
  return results;
}

/** Changes the entry and the skill: `install` adds the skill on request, `uninstall` always removes it. */
async function performOne(
  change: ConfigChange,
  { agent }: Target,
  { deps }: Invocation,
  { scope, dryRun = false, skill: addsSkill }: PerformOptions
): Promise<Omit<Result, "client" | "scope">> {
  const isInstall = change.entry !== undefined;
  const done = await (dryRun ? planChange : applyChange)(change, deps.paths.state);
  const skill =
    addsSkill || !isInstall ? await changeSkill(agent, scope, { isInstall, dryRun }, deps) : undefined;
  return {
    ...{ file: done.file, change: done.change },
    ...(done.backup && { backup: done.backup }),
    ...(dryRun && { diff: diffOf(done) }),
    ...(skill !== undefined && { skill })
  };
}

/** A unified diff with little context, because entries of other servers may contain secrets. */
function diffOf({ file, before = "", after = "" }: ConfigResult): string {
  if (before === after) return "";
  const options = { context: 1, headerOptions: FILE_HEADERS_ONLY };
  return redact(createTwoFilesPatch(file, file, before, after, "", "", options));
}
