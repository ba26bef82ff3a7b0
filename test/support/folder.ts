import { rm } from "node:fs/promises";

/**
 * Removes a test's folder with all that is in it. A program that has just been ended may have a child (a
 * browser, a keyring) that still writes there.
 */
export function removeFolder(path: string): Promise<void> {
  return rm(path, { recursive: true, force: true, maxRetries: 10, retryDelay: 20 });
}
