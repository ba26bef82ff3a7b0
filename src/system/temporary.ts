import { readdirSync, readFileSync, readlinkSync, statSync, unlinkSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { codeOf } from "../errors.ts";
import { cacheKey } from "./cache-key.ts";

/** The age in milliseconds from which any temporary file is removed. Each is used only during one write. */
const MAX_AGE_MS = 60_000;

const NAME = /^\.imgwire-([0-9a-f]{8})-(\d+)-[0-9a-f]{8}\.tmp$/;

/** Where a process id is valid: host, boot and pid namespace. */
export function thisSystem(): string {
  return [
    hostname(),
    attempt(() => readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim()),
    namespace()
  ].join(" ");
}

function namespace(): string | undefined {
  return attempt(() => readlinkSync("/proc/self/ns/pid"));
}

/**
 * Returns a path for an unfinished file. Its name identifies this process, so that a leftover can be found.
 */
export function temporaryPath(folder: string, token: string = crypto.randomUUID()): string {
  return join(folder, `.imgwire-${systemKey()}-${process.pid}-${token.slice(0, 8)}.tmp`);
}

/** Removes temporary files that killed processes have left in a folder: they may contain secrets. */
export function sweep(folder: string): void {
  for (const name of attempt(() => readdirSync(folder)) ?? []) {
    const [, system, pid] = NAME.exec(name) ?? [];
    if (pid === undefined) continue;
    const path = join(folder, name);
    if (isOld(path) || (system === systemKey() && isGone(Number(pid)))) attempt(() => unlinkSync(path));
  }
}

let key: string | undefined;

function systemKey(): string {
  return (key ??= cacheKey(thisSystem()).slice(0, 8));
}

function isOld(path: string): boolean {
  const stats = statSync(path, { throwIfNoEntry: false });
  return stats !== undefined && Date.now() - stats.mtimeMs > MAX_AGE_MS;
}

function isGone(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return false;
  } catch (error) {
    return codeOf(error) === "ESRCH";
  }
}

function attempt<T>(action: () => T): T | undefined {
  try {
    return action();
  } catch {
    return undefined;
  }
}
