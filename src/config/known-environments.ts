import { join } from "node:path";
import { readJsonFile } from "../system/file.ts";

/** An Environment as the hosted side lists it. */
export interface KnownEnvironment {
  id: string;
  name: string;
}

/** Whose Environments are meant. */
export interface KnownFor {
  cacheDir: string;
  /** The hosted MCP endpoint. */
  url: string;
  /** Who is signed in; undefined where that cannot be told without asking, and then nothing is kept on disk. */
  account: () => string | undefined;
}

/** How long a name is taken to mean what it meant, in milliseconds: Environments are renamed now and then. */
const FRESH_MS = 60 * 60_000;

/** Who is signed in is looked at again after this many milliseconds. */
const REREAD_MS = 1_000;

interface Known {
  /** When they were listed, in milliseconds since the epoch. */
  at: number;
  environments: readonly KnownEnvironment[];
}

/** The account's Environments as last listed by the hosted side, so that a name need not be looked up every time. */
export class KnownEnvironments {
  readonly #for: KnownFor;
  #known: { account: string | undefined; known: Known } | undefined;
  /** When it was last seen to who is signed in, in milliseconds since the epoch. */
  #lookedAt = 0;

  constructor(known: KnownFor) {
    this.#for = known;
  }

  /** Those of the account, as fresh as a choice by name asks for; undefined where they have to be listed again. */
  fresh(): readonly KnownEnvironment[] | undefined {
    const known = this.#current();
    const isFresh = known && known.at <= Date.now() && Date.now() - known.at < FRESH_MS;
    return isFresh ? known.environments : undefined;
  }

  /** Those of the account, however old: for showing names and for completing them. */
  last(): readonly KnownEnvironment[] {
    return this.#current()?.environments ?? [];
  }

  /** Takes what the hosted side has just listed. */
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
    if (Date.now() - this.#lookedAt < REREAD_MS) return this.#known?.known;
    this.#lookedAt = Date.now();
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

/** The cache file; one that cannot be read is as good as none. */
function readFile(path: string): Content {
  try {
    const content = readJsonFile(path);
    return typeof content === "object" && content !== null ? (content as Content) : {};
  } catch {
    return {};
  }
}

function isKnown(value: unknown): value is Known {
  const { at, environments } = (value ?? {}) as Partial<Known>;
  return typeof at === "number" && Array.isArray(environments) && environments.every(isEnvironment);
}

function isEnvironment(value: unknown): value is KnownEnvironment {
  const { id, name } = (value ?? {}) as Partial<KnownEnvironment>;
  return typeof id === "string" && typeof name === "string";
}
