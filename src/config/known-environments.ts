import { join } from "node:path";
import { isObject } from "../system/json.ts";
import { readJsonIfUsable } from "../system/read.ts";

/** An Environment as Imgwire lists it. */
export interface KnownEnvironment {
  id: string;
  name: string;
}

/** Whose Environments these are. */
export interface KnownFor {
  cacheDir: string;
  /** The hosted MCP endpoint. */
  url: string;
  /** The signed-in account; undefined if only the server knows it. Nothing is then stored on disk. */
  account: () => string | undefined;
}

/** How long a listed name is trusted, in milliseconds, since Environments may be renamed. */
const MAX_AGE_MS = 60 * 60_000;

/** How long the signed-in account is cached, in milliseconds. */
const REREAD_INTERVAL_MS = 1_000;

interface Known {
  /** When they were listed, in milliseconds since the epoch. */
  at: number;
  environments: readonly KnownEnvironment[];
}

/** The account's Environments as Imgwire last listed them, so that names needn't be looked up every time. */
export class KnownEnvironments {
  readonly #for: KnownFor;
  #known: { account: string | undefined; known: Known } | undefined;
  /** When the signed-in account was last checked, in milliseconds since the epoch. */
  #checkedAt = 0;

  constructor(known: KnownFor) {
    this.#for = known;
  }

  /**
   * The account's Environments if they are recent enough to choose by name; undefined if they must be listed
   * again.
   */
  fresh(): readonly KnownEnvironment[] | undefined {
    const known = this.#current();
    const isFresh = known && known.at <= Date.now() && Date.now() - known.at < MAX_AGE_MS;
    return isFresh ? known.environments : undefined;
  }

  /** The account's Environments, however old, for display and completion. */
  last(): readonly KnownEnvironment[] {
    return this.#current()?.environments ?? [];
  }

  /** Stores the list that Imgwire has just sent. */
  async learn(environments: readonly KnownEnvironment[]): Promise<void> {
    const account = this.#for.account();
    const known = { at: Date.now(), environments: environments.map(({ id, name }) => ({ id, name })) };
    this.#known = { account, known };
    if (account === undefined) return;
    const [{ withLock }, { writeFileAtomic }] = await Promise.all([
      import("../system/lock.ts"),
      import("../system/write.ts")
    ]);
    const path = this.#path();
    await withLock(`${path}.lock`, async () => {
      const content = readFile(path);
      const ofUrl = { ...content[this.#for.url], [account]: known };
      await writeFileAtomic(path, `${JSON.stringify({ ...content, [this.#for.url]: ofUrl })}\n`);
    });
  }

  #current(): Known | undefined {
    if (Date.now() - this.#checkedAt < REREAD_INTERVAL_MS) return this.#known?.known;
    this.#checkedAt = Date.now();
    const account = this.#for.account();
    if (this.#known && this.#known.account === account) return this.#known.known;
    const known = account === undefined ? undefined : readFile(this.#path())[this.#for.url]?.[account];
    this.#known = isKnown(known) ? { account, known } : undefined;
    return this.#known?.known;
  }

  #path(): string {
    return join(this.#for.cacheDir, "environments.json");
  }
}

type Content = Record<string, Record<string, unknown> | undefined>;

/** The cache file; one that can't be read counts as missing. */
function readFile(path: string): Content {
  const content = readJsonIfUsable(path);
  return isObject(content) ? (content as Content) : {};
}

function isKnown(value: unknown): value is Known {
  const { at, environments } = (value ?? {}) as Partial<Known>;
  return typeof at === "number" && Array.isArray(environments) && environments.every(isEnvironment);
}

function isEnvironment(value: unknown): value is KnownEnvironment {
  const { id, name } = (value ?? {}) as Partial<KnownEnvironment>;
  return typeof id === "string" && typeof name === "string";
}
