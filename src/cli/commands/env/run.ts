import { join } from "node:path";
import type { SourcedChoice } from "../../../config/choice.ts";
import { type ChosenEnvironment, readUserConfig } from "../../../config/user.ts";
import { PROJECT_FILE, saveProject } from "../../../config/project.ts";
import type { Deps } from "../../../deps.ts";
import { chosenNow, findEnvironment, matchEnvironment } from "../../../mcp/environment/environments.ts";
import type { Environment } from "../../../mcp/service/whoami.ts";
import { isObject } from "../../../system/json.ts";
import { readJsonIfUsable } from "../../../system/read.ts";
import type { Invocation } from "../../command.ts";
import { fetchWhoami } from "../../whoami.ts";
import {
  type Cleared,
  type Current,
  describeChoice,
  describeCleared,
  describeCurrent,
  describeRows,
  describeUse,
  unknownChoice
} from "./report.ts";

/** The scope of a choice. */
export interface ScopeOptions {
  /** Applies to the folder instead of the user. */
  project?: true;
}

/** `imgwire env list`. */
export async function runList({ deps, out, signal }: Invocation): Promise<void> {
  const { environments, linked } = await fetchWhoami({ deps, signal });
  const choice = deps.environments.current();
  const match = choice && matchEnvironment(choice.wanted, environments);
  const chosen = match && "found" in match ? match.found : undefined;
  const current = choice ? chosen : linked;
  const rows = environments.map(({ id, name, isDefault }) => ({
    id,
    name,
    default: isDefault,
    linked: id === linked?.id,
    current: id === current?.id
  }));
  if (choice && !chosen) out.note(unknownChoice(choice));
  out.answer({ environments: rows }, () => describeRows(rows, out));
}

/** `imgwire env use`. */
export async function runUse(
  { deps, out, signal }: Invocation,
  options: ScopeOptions,
  wanted: string
): Promise<void> {
  const { environments, linked } = await fetchWhoami({ deps, signal });
  const { id, name } = findEnvironment(wanted, environments);
  const file = options.project
    ? await saveHere(deps, { id, name })
    : await deps.environments.chooseForUser({ id, name });
  const choice = deps.environments.current();
  const inForce = choice?.wanted === id;
  const answer = {
    environment: { id, name },
    scope: options.project ? "project" : "user",
    file,
    inForce,
    reported: linked ?? null,
    ...(!inForce && { note: outranked(choice, deps) })
  };
  out.answer(answer, describeUse);
}

/** Writes the project file of this folder, even if a parent folder has one. */
async function saveHere(deps: Deps, environment: ChosenEnvironment | undefined): Promise<string> {
  const file = join(deps.io.cwd(), PROJECT_FILE);
  await saveProject(file, environment);
  deps.environments.changed();
  return file;
}

function outranked(choice: SourcedChoice | undefined, deps: Deps): string {
  return choice
    ? `It isn't used here, because ${describeChoice(choice, deps.environments.known.last())} takes precedence.`
    : "It isn't used here.";
}

/** `imgwire env current`. */
export async function runCurrent({ deps, out, signal }: Invocation): Promise<void> {
  const choice = deps.environments.current();
  const { environments, linked } = choice
    ? { environments: deps.environments.known.last(), linked: undefined }
    : await fetchWhoami({ deps, signal });
  const answer: Current = choice
    ? { environment: named(deps), source: choice.source, place: choice.place }
    : { environment: linked ?? null, source: linked ? "hosted link" : null, place: null };
  if (choice && environments.length > 0 && !("found" in matchEnvironment(choice.wanted, environments))) {
    out.note(unknownChoice(choice));
  }
  out.answer(answer, (value) => describeCurrent(value, environments));
}

/** Adds the name that the Environment had when it was last listed, however long ago. */
function named(deps: Deps): Partial<Environment> | null {
  const environment = chosenNow(deps.environments);
  if (!environment) return null;
  const known = deps.environments.known
    .last()
    .find(({ id, name }) => id === environment.id || name === environment.name);
  return known ?? environment;
}

/** `imgwire env clear`. */
export async function runClear({ deps, out }: Invocation, options: ScopeOptions): Promise<void> {
  const wasSet = isSet(deps, options);
  const file = options.project
    ? await saveHere(deps, undefined)
    : await deps.environments.chooseForUser(undefined);
  const choice = deps.environments.current() ?? null;
  const answer: Cleared = { scope: options.project ? "project" : "user", file, inForce: choice };
  out.answer(answer, () => describeCleared(answer, wasSet, deps.environments.known.last()));
}

/** Whether an Environment is saved in the scope's file. */
function isSet({ io, paths, settings }: Deps, { project }: ScopeOptions): boolean {
  if (!project) return readUserConfig(paths.config).environments[settings.url.href] !== undefined;
  const content = readJsonIfUsable(join(io.cwd(), PROJECT_FILE));
  return isObject(content) && typeof content["environment"] === "string";
}
