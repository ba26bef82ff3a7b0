import type { CredentialStore } from "./store.ts";

/** Keeps secrets in this process's memory; they are gone when it ends. */
export function memoryStore(): CredentialStore {
  const secrets = new Map<string, string>();
  return {
    kind: "memory",
    describe: () => "the memory of this process only",
    read: (account) => Promise.resolve(secrets.get(account)),
    write(account, secret) {
      secrets.set(account, secret);
      return Promise.resolve();
    },
    remove(account) {
      secrets.delete(account);
      return Promise.resolve();
    }
  };
}
