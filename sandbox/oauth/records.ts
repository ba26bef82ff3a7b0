import { errors, type Adapter, type AdapterFactory, type AdapterPayload } from "oidc-provider";

interface Entry {
  payload: AdapterPayload;
  expiresAt: number;
  /** When a one-time code or token was used. */
  spentAt?: number;
}

export interface RecordsOptions {
  /** How long a rotated refresh token may be used again, in milliseconds; 0 for not at all. */
  graceMs: number;
  /** Finds the metadata of an unregistered client. */
  findClient: (clientId: string) => Promise<AdapterPayload | undefined>;
}

/**
 * The authorization server's storage, in memory. Unlike the library's own, it holds any number of entries and
 * uses refresh tokens atomically: if two requests race with the same token and no grace, one of them counts
 * as reuse.
 */
export class Records {
  readonly #byModel = new Map<string, Map<string, Entry>>();
  readonly #options: RecordsOptions;

  constructor(options: RecordsOptions) {
    this.#options = options;
  }

  readonly adapter: AdapterFactory = (model) => this.#adapterFor(model);

  /** The ids of a client's grants. */
  grantsOf(clientId: string): string[] {
    return [...this.#entries("Grant")]
      .filter(([, { payload }]) => payload.clientId === clientId)
      .map(([id]) => id);
  }

  /** Deletes a grant and every code and token issued from it. */
  revokeGrant(grantId: string): void {
    this.#entries("Grant").delete(grantId);
    for (const entries of this.#byModel.values()) dropGrant(entries, grantId);
  }

  #entries(model: string): Map<string, Entry> {
    const entries = this.#byModel.get(model) ?? new Map<string, Entry>();
    this.#byModel.set(model, entries);
    return entries;
  }

  #adapterFor(model: string): Adapter {
    const entries = this.#entries(model);
    const { graceMs, findClient } = this.#options;
    const grace = model === "RefreshToken" ? graceMs : 0;
    const findBy = (field: "uid" | "userCode", value: string) => {
      const entry = [...entries.values()].find(({ payload }) => payload[field] === value);
      return Promise.resolve(read(entry, grace));
    };
    return {
      upsert(id, payload, expiresIn) {
        entries.set(id, { payload, expiresAt: expiresIn ? Date.now() + expiresIn * 1000 : Infinity });
        return Promise.resolve();
      },
      find: async (id) =>
        read(entries.get(id), grace) ?? (model === "Client" ? await findClient(id) : undefined),
      findByUid: (uid) => findBy("uid", uid),
      findByUserCode: (userCode) => findBy("userCode", userCode),
      consume: (id) => Promise.resolve(spend(entries.get(id), grace)),
      destroy: (id) => Promise.resolve(void entries.delete(id)),
      revokeByGrantId: (grantId) => Promise.resolve(dropGrant(entries, grantId))
    };
  }
}

function dropGrant(entries: Map<string, Entry>, grantId: string): void {
  for (const [id, entry] of entries) if (entry.payload.grantId === grantId) entries.delete(id);
}

function read(entry: Entry | undefined, graceMs: number): AdapterPayload | undefined {
  if (!entry || entry.expiresAt < Date.now()) return undefined;
  if (entry.spentAt === undefined || withinGrace(entry.spentAt, graceMs)) return entry.payload;
  return { ...entry.payload, consumed: Math.floor(entry.spentAt / 1000) };
}

function spend(entry: Entry | undefined, graceMs: number): void {
  if (!entry) return;
  if (entry.spentAt !== undefined && !withinGrace(entry.spentAt, graceMs)) {
    throw new errors.InvalidGrant("refresh token already used");
  }
  entry.spentAt ??= Date.now();
}

function withinGrace(spentAt: number, graceMs: number): boolean {
  return Date.now() - spentAt < graceMs;
}
