import { join } from "node:path";
import type { Log } from "../log.ts";
import { fileStore } from "./file.ts";
import { keychainStore, type KeychainOptions, probeKeychain } from "./keychain.ts";
import { memoryStore } from "./memory.ts";
import { type CredentialStore, keychainFault, type StoreKind } from "./store.ts";

/** What the choice of a store depends on. */
export interface ChooseOptions extends KeychainOptions {
  choice: "auto" | StoreKind;
  /** The state folder; the file store uses its `tokens` folder. */
  stateDir: string;
  log: Log;
}

/**
 * Returns a function that opens the credential store that the user chose.
 *
 * `auto` means the store that already has the sign-in; else the keychain, if it works; else, if there is no
 * keychain at all, files, with a warning. A keychain that is locked or doesn't answer is an error: otherwise
 * the user would appear to be signed out, or secrets would end up in files.
 */
export function storeOpener(
  options: ChooseOptions
): (known?: "keychain" | "file") => Promise<CredentialStore> {
  const { choice, stateDir, log } = options;
  const stores = {
    keychain: keychainStore(options),
    file: fileStore(join(stateDir, "tokens")),
    memory: memoryStore()
  };
  let probed: Promise<CredentialStore> | undefined;

  async function probe(): Promise<CredentialStore> {
    try {
      await probeKeychain(options);
      return stores.keychain;
    } catch (error) {
      if (keychainFault(error) !== "keychain_unavailable") throw error;
      const where = stores.file.describe();
      log.warn(
        `${(error as Error).message} The sign-in is stored in files that only you can read, in ${where}.`
      );
      return stores.file;
    }
  }

  return async (known) => {
    if (choice !== "auto") return stores[choice];
    if (known) return stores[known];
    probed ??= probe().catch((error) => {
      probed = undefined;
      throw error;
    });
    return probed;
  };
}
