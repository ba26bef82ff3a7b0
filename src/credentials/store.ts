import { ImgwireError } from "../errors.ts";

export type StoreKind = "keychain" | "file" | "memory";

/** A store for secrets: one string per account, whose meaning it doesn't know. */
export interface CredentialStore {
  readonly kind: StoreKind;
  /** Where the secrets are, in words for people: the name of the keychain or the path of the folder. */
  describe(): string;
  /**
   * The secret of an account; undefined if the store is readable and has none.
   * @throws ImgwireError `keychain_locked`, `keychain_unavailable`, `keychain_timeout`, `keychain_failed` or
   *   `store_unsafe`, or as `readTextFile` does: the store couldn't be read, so whether somebody is signed in
   *   is unknown
   */
  read(account: string): Promise<string | undefined>;
  /**
   * Replaces the secret of an account in one step: a reader sees the old one or the new one. Throws as `read`
   * does.
   */
  write(account: string, secret: string): Promise<void>;
  /** Deletes an account's secret, if there is one. Throws as `read` does. */
  remove(account: string): Promise<void>;
}

/** What can be wrong with a keychain; see {@link CredentialStore.read}. */
export type KeychainFault =
  "keychain_locked" | "keychain_unavailable" | "keychain_timeout" | "keychain_failed";

/** Whether an error is about a keychain that couldn't be read, and why. */
export function keychainFault(error: unknown): KeychainFault | undefined {
  if (!(error instanceof ImgwireError) || !error.code.startsWith("keychain_")) return undefined;
  return error.code as KeychainFault;
}
