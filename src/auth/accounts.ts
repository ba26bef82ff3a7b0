import { join } from "node:path";
import { readJsonFile } from "../system/read.ts";
import { isObject } from "../system/json.ts";

/** What can be known about a sign-in without opening the credential store. It contains no secrets. */
export interface Account {
  issuer: string;
  /** An opaque id of the signed-in person, for use as a cache key. */
  account: string;
  store: "keychain" | "file";
  /** Increases with each change of the tokens. */
  generation: number;
  /** When the access token expires, in milliseconds since the epoch, if known. */
  expiresAt?: number;
  /** True if nobody is signed in: the store holds only a client registration or a pending sign-in. */
  ended?: boolean;
}

/** The index of sign-ins by {@link signInKey}. */
export type AccountIndex = Readonly<Record<string, Account>>;

/** The profile that is used if none is named. */
export const DEFAULT_PROFILE = "default";

/**
 * The key of a sign-in: the hosted URL, with any profile but the default as its fragment. The URL itself
 * never has one.
 */
export function signInKey(url: string, profile: string): string {
  return profile === DEFAULT_PROFILE ? url : `${url}#${profile}`;
}

/** Splits a {@link signInKey} into its parts. */
export function parseSignInKey(key: string): { url: string; profile: string } {
  const [url = key, profile = DEFAULT_PROFILE] = key.split("#");
  return { url, profile };
}

/** Path of the index. */
export function indexFile(stateDir: string): string {
  return join(stateDir, "accounts.json");
}

/**
 * Reads the index, one small file, without touching the keychain or the network.
 * @returns undefined if the index can't be understood, in which case the credential store has to be read
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

/** The account signed in for a hosted URL (its `href`) and profile; undefined if none is known. */
export function readAccount(stateDir: string, url: string, profile = DEFAULT_PROFILE): Account | undefined {
  const account = readAccounts(stateDir)?.[signInKey(url, profile)];
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
