import { rm } from "node:fs/promises";

/**
 * Removes a test's folder and everything in it. It retries, because a child (a browser, a keyring) of a
 * program that has just exited may still be writing there.
 */
export function removeFolder(path: string): Promise<void> {
  return rm(path, { recursive: true, force: true, maxRetries: 10, retryDelay: 20 });
}
