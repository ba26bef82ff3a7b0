import { join } from "node:path";
import type { Log } from "../log.ts";
import { fileStore } from "./file.ts";
import { keychainStore, type KeychainOptions, probeKeychain } from "./keychain.ts";
import { memoryStore } from "./memory.ts";
import { type CredentialStore, keychainFault, type StoreKind } from "./store.ts";

/** What the choice depends on. */
export interface ChooseOptions extends KeychainOptions {
  choice: "auto" | StoreKind;
  /** The state folder; secrets kept in files are in its `tokens` folder. */
  stateDir: string;
  log: Log;
}

/**
 * Makes the function that opens the credential store as the user chose it.
 *
 * `auto` means the store that already has the sign-in; else the keychain, once it is known to work; else, if
 * there is no keychain at all, a file, which is announced. A keychain that is locked or doesn't answer is an
 * error: it must neither look as if nobody were signed in, nor send secrets to a file.
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
        `${(error as Error).message} The sign-in is kept in files that only you can read, in ${where}.`
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
