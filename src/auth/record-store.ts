import { join } from "node:path";
import type { CredentialStore } from "../credentials/store.ts";
import { fileKey } from "../system/file-key.ts";
import { withLock } from "../system/lock.ts";
import { setAside, writeFileAtomic } from "../system/write.ts";
import { type Account, indexFile, readAccounts } from "./accounts.ts";
import { parseRecord, type SignInRecord } from "./record.ts";

/** Opens the credential store; `known` is where the index says that the sign-in is. */
export type OpenStore = (known: Account["store"] | undefined) => Promise<CredentialStore>;

/** The record of one hosted URL: in the credential store, in the index beside it, and under one lock per machine. */
export interface RecordStore {
  /** What the index says, without opening the store; undefined also where the index cannot be understood. */
  indexed(): Account | undefined;
  /** Whether the index cannot be understood, so that only the store itself knows. */
  isIndexBroken(): boolean;
  /** Reads the record from the store. Throws as the store does. */
  read(): Promise<SignInRecord | undefined>;
  /** The store that the record is, or would be, in. */
  store(): Promise<CredentialStore>;
  /**
   * Runs `action` while no other process of this machine changes the record.
   * @param action is given the record as it is now, and `save`, which replaces or, with undefined, removes it
   */
  exclusively<T>(action: (present: SignInRecord | undefined, save: Save) => Promise<T>): Promise<T>;
}

export type Save = (next: SignInRecord | undefined) => Promise<void>;

/** Path of a file about one hosted URL in the state folder. */
export function statePath(stateDir: string, url: string, name: string): string {
  return join(stateDir, `${fileKey(url)}.${name}`);
}

/** Makes the record store of a hosted URL. */
export function recordStore(stateDir: string, url: string, openStore: OpenStore): RecordStore {
  let opened: CredentialStore | undefined;
  const indexed = (): Account | undefined => readAccounts(stateDir)?.[url];

  async function store(): Promise<CredentialStore> {
    const known = indexed()?.store;
    // Another process may have signed in to another store than this one would choose.
    if (!opened || (known && known !== opened.kind)) opened = await openStore(known);
    return opened;
  }

  async function read(): Promise<SignInRecord | undefined> {
    const text = await (await store()).read(url);
    return text === undefined ? undefined : parseRecord(text);
  }

  async function save(next: SignInRecord | undefined): Promise<void> {
    const into = await store();
    if (next) await into.write(url, JSON.stringify(next));
    else await into.remove(url);
    if (into.kind !== "memory") await saveAccount(stateDir, url, toAccount(next, into.kind));
  }

  return {
    indexed,
    isIndexBroken: () => readAccounts(stateDir) === undefined,
    read,
    store,
    async exclusively(action) {
      const run = async () => action(await read(), save);
      const { kind } = await store();
      return kind === "memory" ? run() : withLock(statePath(stateDir, url, "record.lock"), run);
    }
  };
}

/** Notes or, with undefined, removes a sign-in. An index that cannot be understood is set aside first. */
async function saveAccount(stateDir: string, url: string, account: Account | undefined): Promise<void> {
  const path = indexFile(stateDir);
  await withLock(`${path}.lock`, async () => {
    const present = readAccounts(stateDir);
    if (!present) await setAside(path);
    const accounts = { ...present, [url]: account };
    await writeFileAtomic(path, `${JSON.stringify({ version: 1, accounts }, undefined, 2)}\n`);
  });
}

function toAccount(record: SignInRecord | undefined, store: Account["store"]): Account | undefined {
  if (!record) return undefined;
  const { server, account, generation, tokens } = record;
  return {
    issuer: server.issuer,
    account,
    store,
    generation,
    ...(tokens?.expires_at !== undefined && { expiresAt: tokens.expires_at }),
    ...(!tokens && { ended: true })
  };
}
