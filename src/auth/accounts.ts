import { join } from "node:path";
import { readJsonFile } from "../system/read.ts";
import { isObject } from "../system/json.ts";

/** What is known of a sign-in without opening the credential store. It contains no secret. */
export interface Account {
  issuer: string;
  /** Stands for the person signed in; a key for caches, not a name. */
  account: string;
  store: "keychain" | "file";
  /** Grows with each change of the tokens. */
  generation: number;
  /** When the access token expires, in milliseconds since the epoch, if known. */
  expiresAt?: number;
  /**
   * Nobody is signed in; what the store holds is a client registration, or a sign-in that waits for the user.
   */
  ended?: boolean;
}

/** The index of sign-ins by {@link signInKey}. */
export type AccountIndex = Readonly<Record<string, Account>>;

/** The profile of a sign-in that was given no name. */
export const DEFAULT_PROFILE = "default";

/**
 * The key of a sign-in: the hosted URL, with the profile as its fragment. An MCP endpoint has no fragment of
 * its own.
 */
export function signInKey(url: string, profile: string): string {
  return profile === DEFAULT_PROFILE ? url : `${url}#${profile}`;
}

/** The parts of a {@link signInKey}. */
export function parseSignInKey(key: string): { url: string; profile: string } {
  const [url = key, profile = DEFAULT_PROFILE] = key.split("#");
  return { url, profile };
}

/** Path of the index. */
export function indexFile(stateDir: string): string {
  return join(stateDir, "accounts.json");
}

/**
 * Reads the index: one small file, no keychain, no network, no import.
 * @returns undefined if the index cannot be understood, so that only the stores themselves know
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

/**
 * The sign-in for one hosted URL (its `href`) and profile; undefined if nobody is signed in as far as is
 * known.
 */
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
