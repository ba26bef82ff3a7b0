import { join } from "node:path";
import { readJsonFile } from "../system/file.ts";
import { isObject } from "../system/json.ts";

/** What is known of a sign-in without opening the credential store. Holds no secret. */
export interface Account {
  issuer: string;
  /** Stands for the person signed in; a key for caches, not a name. */
  account: string;
  store: "keychain" | "file";
  /** Grows with everything that is stored for this URL. */
  generation: number;
  /** When the access token ends, in milliseconds since the epoch, where known. */
  expiresAt?: number;
  /** The sign-in has ended; what is left in the store is the client registration. */
  ended?: boolean;
}

/** The index of sign-ins: what is kept for which hosted URL, and in which store. */
export type AccountIndex = Readonly<Record<string, Account>>;

/** Path of the index. */
export function indexFile(stateDir: string): string {
  return join(stateDir, "accounts.json");
}

/**
 * Reads the index. It touches one small file: no keychain, no network, nothing imported.
 * @returns undefined when the index cannot be understood, so that the stores themselves have to be asked
 */
export function readAccounts(stateDir: string): AccountIndex | undefined {
  try {
    const content = readJsonFile(indexFile(stateDir)) as { accounts?: unknown } | null | undefined;
    if (content === undefined) return {};
    if (!isObject(content?.accounts)) return undefined;
    return Object.fromEntries(Object.entries(content.accounts).filter(isEntry));
  } catch {
    return undefined;
  }
}

/** The sign-in for one hosted URL (its `href`), or undefined when nobody is signed in as far as is known. */
export function readAccount(stateDir: string, url: string): Account | undefined {
  const account = readAccounts(stateDir)?.[url];
  return account?.ended ? undefined : account;
}

function isEntry(entry: [string, unknown]): entry is [string, Account] {
  const [, value] = entry;
  return (
    isObject(value) &&
    typeof value["issuer"] === "string" &&
    typeof value["account"] === "string" &&
    typeof value["generation"] === "number" &&
    (value["store"] === "keychain" || value["store"] === "file")
  );
}
