import { ImgwireError } from "../errors.ts";

export type StoreKind = "keychain" | "file" | "memory";

/** A place for secrets, one text per account. It knows nothing of what the texts mean. */
export interface CredentialStore {
  readonly kind: StoreKind;
  /** Where the secrets are, for people: the name of the keychain, the path of the folder. */
  describe(): string;
  /**
   * The secret of an account, or undefined when the store is open and has none.
   * @throws ImgwireError `keychain_locked`, `keychain_unavailable`, `keychain_timeout` or `store_unsafe`: the
   *   store could not be asked, which says nothing about whether somebody is signed in
   */
  read(account: string): Promise<string | undefined>;
  /**
   * Replaces the secret of an account in one step: a reader sees the old one or the new one. Throws as `read`
   * does.
   */
  write(account: string, secret: string): Promise<void>;
  /** Forgets an account; nothing happens when there is none. Throws as `read` does. */
  remove(account: string): Promise<void>;
}

/** What can be wrong with a keychain; see {@link CredentialStore.read}. */
export type KeychainFault =
  "keychain_locked" | "keychain_unavailable" | "keychain_timeout" | "keychain_failed";

/** Whether an error says that a keychain could not be asked, and in which way. */
export function keychainFault(error: unknown): KeychainFault | undefined {
  if (!(error instanceof ImgwireError) || !error.code.startsWith("keychain_")) return undefined;
  return error.code as KeychainFault;
}
