import { readdirSync } from "node:fs";
import { join } from "node:path";
import type { Tool } from "@modelcontextprotocol/client";
import { version } from "../../../package.json";
import type { Log } from "../../log.ts";
import { cacheKey } from "../../system/cache-key.ts";
import { isObject } from "../../system/json.ts";
import { readJsonFile, readJsonIfUsable } from "../../system/read.ts";
import { chosenNow, type Environments } from "../environment/environments.ts";
import type { ServerInfo } from "../hosted/connection.ts";
import catalogue from "./catalogue.json";

/** What the hosted server last said about itself and its tools. */
export interface Snapshot {
  server: ServerInfo;
  tools: readonly Tool[];
  /** When it was taken, in milliseconds since the epoch. */
  takenAt: number;
  /**
   * How long it stays fresh, in milliseconds, according to the server (MCP 2026-07-28, caching); 0 if the
   * server doesn't say.
   */
  ttlMs: number;
  /** Whether it is valid for every user, or only for the account it was taken with. */
  cacheScope: "public" | "private";
}

/** What a snapshot is valid for. */
export interface SnapshotKey {
  url: URL;
  account: string | undefined;
  environment: string | undefined;
}

/** The current key, as far as it is known without using the network or the keychain. */
export function snapshotKey(now: {
  url: URL;
  account: () => string | undefined;
  environments: Environments;
}): SnapshotKey {
  const environment = chosenNow(now.environments);
  return { url: now.url, account: now.account(), environment: environment?.id ?? environment?.name };
}

const FORMAT = 1;

/** Snapshots on disk, one file for each hosted URL, account and Environment. */
export class SnapshotStore {
  /** Damaged files, which are not read again until they have been rewritten. */
  readonly #damaged = new Set<string>();

  constructor(
    private readonly cacheDir: string,
    private readonly log: Log
  ) {}

  /**
   * The latest snapshot that is valid for a key. A file that can't be understood is set aside with a warning.
   */
  read(key: SnapshotKey): Snapshot | undefined {
    const own = this.#readFile(identify(key, "private"));
    const common = this.#readFile(identify(key, "public"));
    return own && common && common.takenAt > own.takenAt ? common : (own ?? common);
  }

  async write(key: SnapshotKey, snapshot: Snapshot): Promise<void> {
    const identity = identify(key, snapshot.cacheScope);
    const data = JSON.stringify({ format: FORMAT, identity, ...snapshot });
    const { writeFileAtomic } = await import("../../system/write.ts");
    const path = this.#path(identity);
    await writeFileAtomic(path, `${data}\n`);
    this.#damaged.delete(path);
  }

  /**
   * The latest snapshot for a key, or the bundled catalogue if it is sure to be valid; undefined if Imgwire
   * must be asked.
   */
  known(key: SnapshotKey): Snapshot | undefined {
    return this.read(key) ?? (isCatalogueFor(key.url) && key.account === undefined ? bundled : undefined);
  }

  #readFile(identity: string): Snapshot | undefined {
    const path = this.#path(identity);
    if (this.#damaged.has(path)) return undefined;
    try {
      const value = readJsonFile(path);
      if (value === undefined) return undefined;
      if (!isSnapshot(value)) throw new Error("it was written by another version or is damaged");
      return value.identity === identity ? value : undefined;
    } catch (error) {
      this.#damaged.add(path);
      this.log.warn(`The tool list saved in ${path} is set aside: ${(error as Error).message}.`);
      import("../../system/write.ts").then(({ setAside }) => setAside(path)).catch(() => undefined);
      return undefined;
    }
  }

  #path(identity: string): string {
    return join(this.cacheDir, `tools-${cacheKey(identity)}.json`);
  }
}

/**
 * How many more milliseconds a snapshot stays fresh, according to the server (MCP 2026-07-28, caching,
 * time-to-live).
 */
export function freshFor({ takenAt, ttlMs }: Snapshot): number {
  const age = Date.now() - takenAt;
  // A snapshot from the future was taken before the clock was set back, so its age is unknown.
  return age < 0 ? 0 : Math.max(0, ttlMs - age);
}

/**
 * Checks every snapshot in a folder, without changing any.
 * @returns how many can be used, and the paths of those that can't
 */
export function inspectSnapshots(cacheDir: string): { usable: number; damaged: string[] } {
  const names = readdirSync(cacheDir).filter((name) => /^tools-[^.]+\.json$/.test(name));
  const paths = names.map((name) => join(cacheDir, name));
  const damaged = paths.filter((path) => !isSnapshot(readJsonIfUsable(path)));
  return { usable: paths.length - damaged.length, damaged };
}

function identify({ url, account, environment }: SnapshotKey, scope: "public" | "private"): string {
  return JSON.stringify(scope === "public" ? [url.href] : [url.href, account ?? null, environment ?? null]);
}

function isSnapshot(value: unknown): value is Snapshot & { identity: string } {
  if (!isObject(value) || value["format"] !== FORMAT || typeof value["identity"] !== "string") return false;
  const { server, tools, takenAt, ttlMs } = value;
  if (!isObject(server) || !isObject(server["capabilities"])) return false;
  if (typeof takenAt !== "number" || typeof ttlMs !== "number" || !Array.isArray(tools)) return false;
  return tools.every(
    (tool) => isObject(tool) && typeof tool["name"] === "string" && isObject(tool["inputSchema"])
  );
}

/**
 * The bundled catalogue: the tools that Imgwire documents publicly, described in our own words. It is used
 * until the server itself has answered.
 */
export const bundled: Snapshot = {
  server: { ...catalogue.server, serverInfo: { ...catalogue.server.serverInfo, version } },
  tools: catalogue.tools as Tool[],
  takenAt: 0,
  ttlMs: 0,
  cacheScope: "public"
};

/** Whether the catalogue was written for this hosted URL. */
export function isCatalogueFor(url: URL): boolean {
  return url.href === catalogue.url;
}
