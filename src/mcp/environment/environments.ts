import { fileURLToPath } from "node:url";
import { ImgwireError } from "../../errors.ts";
import { isObject } from "../../system/json.ts";
import type { HostedCall } from "../calls/hosted-call.ts";
import type { Environment } from "../service/whoami.ts";

/** The choice of an Environment on this machine. */
export interface Choice {
  /** The id or name, as written. */
  wanted: string;
  /** The flag, variable or file in which it was written. */
  place: string;
}

/** Knows which Environment is selected on this machine, and can select another one. */
export interface Environments {
  /** The current choice, as far as it is known without asking anyone; undefined if Imgwire decides. */
  current(): Choice | undefined;
  /** @throws ImgwireError `environment_unreadable` if a file that may hold the choice can't be read */
  requireReadable(): void;
  /** The choice made by a flag or variable, which can't change while this process runs. */
  fixed(): Choice | undefined;
  /** The account's Environments. */
  readonly known: {
    /**
     * The Environments, if they were listed recently enough to look up a name; undefined if they must be
     * listed again.
     */
    fresh(): readonly Environment[] | undefined;
    /** Stores the Environments that were just listed. */
    learn(environments: readonly Environment[]): Promise<void>;
  };
  /** Whether the client's roots could lead to another choice. */
  wantsRoots(): boolean;
  /** Sets the client's roots, as absolute paths; undefined if they have changed and aren't known yet. */
  useRoots(roots: readonly string[] | undefined): void;
  /** The folder in which a choice for the project is saved; undefined if there is none. */
  projectFolder(): string | undefined;
  /**
   * Saves a choice for the project folder and returns the path of its file. Throws if there is no project
   * folder.
   */
  chooseForProject(environment: Environment): Promise<string>;
  /** Saves a choice for the user and returns the path of its file. */
  chooseForUser(environment: Environment): Promise<string>;
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** Whether a choice is an id, which needn't be looked up. */
export function isId(wanted: string): boolean {
  return UUID.test(wanted);
}

/** Looks up an id or name among the known Environments, without asking Imgwire. */
export function knownEnvironment(wanted: string, { known }: Environments): Environment | undefined {
  const match = matchEnvironment(wanted, known.fresh() ?? []);
  return "found" in match ? match.found : undefined;
}

/** The current Environment, as far as it is known without asking anyone; undefined if Imgwire decides. */
export function chosenNow(environments: Environments): Partial<Environment> | undefined {
  const wanted = environments.current()?.wanted;
  if (wanted === undefined) return undefined;
  return knownEnvironment(wanted, environments) ?? (isId(wanted) ? { id: wanted } : { name: wanted });
}

/** The result of looking up an id or name: the Environment, or why there isn't one. */
export type Match = { found: Environment } | { ambiguous: readonly Environment[] } | { unknown: true };

/** Looks up an Environment by id, then by exact name, then by name in any case. */
export function matchEnvironment(wanted: string, environments: readonly Environment[]): Match {
  const lower = wanted.toLowerCase();
  const matchers: ((environment: Environment) => boolean)[] = [
    ({ id }) => id.toLowerCase() === lower,
    ({ name }) => name === wanted,
    ({ name }) => name.toLowerCase() === lower
  ];
  for (const matches of matchers) {
    const [found, ...others] = environments.filter(matches);
    if (found) return others.length === 0 ? { found } : { ambiguous: [found, ...others] };
  }
  return { unknown: true };
}

/**
 * Looks up an Environment by id or name.
 * @param place where it was written, for the error; omitted if it was just typed
 * @throws ImgwireError `environment_unknown`, which lists the Environments, or `environment_ambiguous`, which
 *   lists the ids
 */
export function findEnvironment(
  wanted: string,
  environments: readonly Environment[],
  place?: string
): Environment {
  const match = matchEnvironment(wanted, environments);
  if ("found" in match) return match.found;
  const written = `"${wanted}"${place ? `, chosen in ${place}` : ""}`;
  if ("ambiguous" in match) {
    const ids = match.ambiguous.map(({ id, name }) => `${id} (${name})`).join(", ");
    throw new ImgwireError("environment_ambiguous", `There are several Environments named ${written}.`, {
      hint: `Name the one you mean by its id: ${ids}.`
    });
  }
  throw new ImgwireError("environment_unknown", `There is no Environment ${written}.`, {
    hint: `Choose from: ${namesOf(environments)}.`
  });
}

function namesOf(environments: readonly Environment[]): string {
  return environments.map(({ name }) => name).join(", ") || "none that this account may use";
}

/** Clients answer without asking their user. One that doesn't answer must not delay a call. */
const ROOTS_TIMEOUT_MS = 3_000;

/**
 * Asks the client for its roots.
 * @returns absolute paths in the client's order; empty if it has none or doesn't answer
 */
export async function askForRoots(call: Pick<HostedCall, "client" | "ask">): Promise<readonly string[]> {
  if (!isObject(call.client.capabilities["roots"])) return [];
  const controller = new AbortController();
  const timer = setTimeout(() => controller.abort(), ROOTS_TIMEOUT_MS);
  const { roots } = await call.ask({ roots: { method: "roots/list" } }, controller.signal);
  clearTimeout(timer);
  if (!roots || "error" in roots || !Array.isArray(roots.result["roots"])) return [];
  return roots.result["roots"].flatMap((root: unknown) => {
    const uri = isObject(root) ? root["uri"] : undefined;
    return typeof uri === "string" ? localPath(uri) : [];
  });
}

/** The absolute path of a `file:` URI on this machine; empty for any other URI. */
function localPath(uri: string): string[] {
  try {
    return [fileURLToPath(uri)];
  } catch {
    return [];
  }
}
