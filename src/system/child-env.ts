import type { Env } from "./proxy.ts";

/** Variables that are this program's own business, or look like a secret. */
const WITHHELD = /^IMGWIRE_|^NODE_OPTIONS$|TOKEN|SECRET|PASSW|CREDENTIAL|API_?KEY/i;

/**
 * The environment for a program that this one starts: without our settings, and without what looks like a
 * secret.
 */
export function withoutSecrets(env: Env): Record<string, string | undefined> {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !WITHHELD.test(name)));
}

/**
 * Runs `action` while this process's own environment lacks the same: for a library that hands it on as it is.
 */
export async function hidingSecrets<T>(action: () => Promise<T>): Promise<T> {
  const hidden = Object.entries(process.env).filter(([name]) => WITHHELD.test(name));
  for (const [name] of hidden) delete process.env[name];
  try {
    return await action();
  } finally {
    for (const [name, value] of hidden) process.env[name] = value;
  }
}
