import type { Env } from "./proxy.ts";

/** This program's own variables, and those that look like secrets. */
const WITHHELD = /^IMGWIRE_|^NODE_OPTIONS$|TOKEN|SECRET|PASSW|CREDENTIAL|API_?KEY/i;

/**
 * Returns the environment for a child process, without our settings and anything that looks like a secret.
 */
export function withoutSecrets(env: Env): Record<string, string | undefined> {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !WITHHELD.test(name)));
}

/**
 * Runs `action` with the same variables removed from this process's own environment, for libraries that pass
 * it on unchanged.
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
