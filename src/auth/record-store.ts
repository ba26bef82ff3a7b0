import { join } from "node:path";
import type { CredentialStore } from "../credentials/store.ts";
import { fileKey } from "../system/file-key.ts";
import { withLock } from "../system/lock.ts";
import { setAside, writeFileAtomic } from "../system/write.ts";
import { type Account, indexFile, readAccounts } from "./accounts.ts";
import { parseRecord, type SignInRecord } from "./record.ts";

/** Opens the credential store. `known` is the store that the index names for the sign-in. */
export type OpenStore = (known: Account["store"] | undefined) => Promise<CredentialStore>;

/** The storage of one sign-in: a record in the credential store, an entry in the index, and a lock. */
export interface RecordStore {
  /** Path of a file about this sign-in in the state folder. */
  path(name: string): string;
  /** The sign-in's entry in the index; undefined also if the index can't be understood. */
  indexed(): Account | undefined;
  /** True if the index can't be understood, in which case the store has to be read. */
  isIndexBroken(): boolean;
  /** Reads the record from the store. Throws as the store does. */
  read(): Promise<SignInRecord | undefined>;
  /** The store that holds the record or, if there is none, would hold it. */
  store(): Promise<CredentialStore>;
  /**
   * Runs `action` while no other process on this machine can change the record.
   * @param action gets the current record, and `save`, which replaces it or, with undefined, removes it
   * @param check called repeatedly while waiting for other processes; an error that it throws ends the wait
   */
  exclusively<T>(
    action: (present: SignInRecord | undefined, save: Save) => Promise<T>,
    check?: () => void
  ): Promise<T>;
}

export type Save = (next: SignInRecord | undefined) => Promise<void>;

/**
 * Creates the record store of one sign-in.
 * @param key the hosted URL and profile, as returned by `signInKey`
 */
export function recordStore(stateDir: string, key: string, openStore: OpenStore): RecordStore {
  const path = (name: string): string => join(stateDir, `${fileKey(key)}.${name}`);
  let opened: CredentialStore | undefined;
  const indexed = (): Account | undefined => readAccounts(stateDir)?.[key];

  async function store(): Promise<CredentialStore> {
    const known = indexed()?.store;
    // Another process may have chosen a different store.
    if (!opened || (known && known !== opened.kind)) opened = await openStore(known);
    return opened;
  }

  async function read(): Promise<SignInRecord | undefined> {
    const text = await (await store()).read(key);
    return text === undefined ? undefined : parseRecord(text);
  }

  async function save(next: SignInRecord | undefined): Promise<void> {
    const into = await store();
    if (next) await into.write(key, JSON.stringify(next));
    else await into.remove(key);
    if (into.kind !== "memory") await saveAccount(stateDir, key, toAccount(next, into.kind));
  }

  return {
    path,
    indexed,
    isIndexBroken: () => readAccounts(stateDir) === undefined,
    read,
    store,
    async exclusively(action, check) {
      const run = async () => action(await read(), save);
      const { kind } = await store();
      return kind === "memory" ? run() : withLock(path("record.lock"), run, check && { check });
    }
  };
}

/**
 * Updates or, with undefined, removes a sign-in's entry in the index. An invalid index is set aside first.
 */
async function saveAccount(stateDir: string, key: string, account: Account | undefined): Promise<void> {
  const path = indexFile(stateDir);
  await withLock(`${path}.lock`, async () => {
    const present = readAccounts(stateDir);
    if (!present) await setAside(path);
    const accounts = { ...present, [key]: account };
    await writeFileAtomic(path, `${JSON.stringify({ version: 1, accounts }, undefined, 2)}\n`);
  });
}

function toAccount(record: SignInRecord | undefined, store: Account["store"]): Account | undefined {
  if (!record) return undefined;
  const { server, account, generation, tokens } = record;
  return {
    issuer: server?.issuer ?? "",
    account,
    store,
    generation,
    ...(tokens?.expires_at !== undefined && { expiresAt: tokens.expires_at }),
    ...(!tokens && { ended: true })
  };
}
