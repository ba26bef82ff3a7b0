import { fileURLToPath } from "node:url";
import { ImgwireError } from "../../errors.ts";
import { isObject } from "../../system/json.ts";
import type { HostedCall } from "../calls/hosted-call.ts";
import type { Environment } from "../service/whoami.ts";

/** An Environment as it was chosen on this machine. */
export interface Choice {
  /** What was written: an id or a name. */
  wanted: string;
  /** The flag, the variable or the file that it was written in. */
  place: string;
}

/** Who knows which Environment is chosen on this machine, and can choose another one. */
export interface Environments {
  /** The current choice, from what is at hand; undefined where Imgwire decides. */
  current(): Choice | undefined;
  /** @throws ImgwireError `environment_unreadable` where a file that may hold the choice can't be read */
  requireReadable(): void;
  /** The choice of a flag or a variable, which nothing can change while this process lives. */
  fixed(): Choice | undefined;
  /** The account's Environments. */
  readonly known: {
    /** Those that were listed recently enough to choose by name; undefined where they have to be listed. */
    fresh(): readonly Environment[] | undefined;
    /** Takes those that were just listed. */
    learn(environments: readonly Environment[]): Promise<void>;
  };
  /** Whether the client's roots could lead to another choice. */
  wantsRoots(): boolean;
  /** Takes the client's roots, absolute; undefined when they have changed. */
  useRoots(roots: readonly string[] | undefined): void;
  /** The folder that a choice for the project belongs to; undefined where there is none. */
  projectFolder(): string | undefined;
  /**
   * Chooses for the project folder; returns the file that says so. Throws where there is no project folder.
   */
  chooseForProject(environment: Environment): Promise<string>;
  /** Chooses for the user; returns the file that says so. */
  chooseForUser(environment: Environment): Promise<string>;
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** Whether this is an id, which need not be looked up. */
export function isId(wanted: string): boolean {
  return UUID.test(wanted);
}

/** The Environment that an id or a name stands for, as far as is known without asking Imgwire. */
export function knownEnvironment(wanted: string, { known }: Environments): Environment | undefined {
  const match = matchEnvironment(wanted, known.fresh() ?? []);
  return "found" in match ? match.found : undefined;
}

/** The current Environment as far as is known without asking; undefined where Imgwire decides. */
export function chosenNow(environments: Environments): Partial<Environment> | undefined {
  const wanted = environments.current()?.wanted;
  if (wanted === undefined) return undefined;
  return knownEnvironment(wanted, environments) ?? (isId(wanted) ? { id: wanted } : { name: wanted });
}

/** What a written id or name stands for among Environments, or why it stands for none. */
export type Match = { found: Environment } | { ambiguous: readonly Environment[] } | { unknown: true };

/** Matches by id, then by exact name, then by name in any case; a name that several have is none. */
export function matchEnvironment(wanted: string, environments: readonly Environment[]): Match {
  const lower = wanted.toLowerCase();
  const ways: ((environment: Environment) => boolean)[] = [
    ({ id }) => id.toLowerCase() === lower,
    ({ name }) => name === wanted,
    ({ name }) => name.toLowerCase() === lower
  ];
  for (const way of ways) {
    const [found, ...others] = environments.filter(way);
    if (found) return others.length === 0 ? { found } : { ambiguous: [found, ...others] };
  }
  return { unknown: true };
}

/**
 * The Environment that an id or a name stands for.
 * @param place where it was written, for the error; left out where it was just typed
 * @throws ImgwireError `environment_unknown` naming those there are, `environment_ambiguous` naming the ids
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

/** Clients answer this by themselves; one that doesn't must not keep a call waiting. */
const ROOTS_TIMEOUT_MS = 3_000;

/** Asks the client for its roots: absolute paths in its order; none if it has none or doesn't answer. */
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

/** The absolute path of a `file:` URI on this machine; nothing for any other. */
function localPath(uri: string): string[] {
  try {
    return [fileURLToPath(uri)];
  } catch {
    return [];
  }
}
