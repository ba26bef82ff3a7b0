import { join } from "node:path";
import type { Deps } from "../../deps.ts";
import { readAtMost } from "../../system/body.ts";
import { isObject } from "../../system/json.ts";
import { readJsonIfUsable } from "../../system/read.ts";
import { writeFileAtomic } from "../../system/write.ts";

const PACKAGE = "imgwire-mcp";
const REGISTRY = "https://registry.npmjs.org";
const MAX_MANIFEST_BYTES = 256 * 1024;
const REGISTRY_TIMEOUT_MS = 3_000;
const RELEASE = /^(\d+)\.(\d+)\.(\d+)$/;

/** When a newer version was last looked for and announced, in milliseconds since the epoch. */
export interface UpdateState {
  checkedAt: number;
  toldAt: number;
  newest?: string;
}

/** Reads the stored state. An unreadable or invalid file counts as none. */
export function readUpdateState(stateDir: string): UpdateState {
  const stored = readJsonIfUsable(fileIn(stateDir));
  const content = isObject(stored) ? stored : {};
  const time = (value: unknown): number => (typeof value === "number" ? value : 0);
  const newest = content["newest"];
  return {
    checkedAt: time(content["checkedAt"]),
    toldAt: time(content["toldAt"]),
    ...(typeof newest === "string" && RELEASE.test(newest) && { newest })
  };
}

/** Stores the state. */
export function saveUpdateState(stateDir: string, state: UpdateState): Promise<void> {
  return writeFileAtomic(fileIn(stateDir), `${JSON.stringify(state)}\n`);
}

/**
 * Asks the npm registry, or the one npm is configured to use, for the latest release.
 * @throws the network error; Error if the answer contains no version
 */
export async function askRegistry(deps: Deps, signal: AbortSignal): Promise<string> {
  const base = deps.io.env["npm_config_registry"] || REGISTRY;
  const http = await deps.http();
  const { statusCode, body } = await http.request(
    new URL(`${PACKAGE}/latest`, base.endsWith("/") ? base : `${base}/`),
    "user",
    {
      headers: { accept: "application/json" },
      signal: AbortSignal.any([signal, AbortSignal.timeout(REGISTRY_TIMEOUT_MS)])
    }
  );
  const bytes = await readAtMost(body, MAX_MANIFEST_BYTES);
  const manifest: unknown = statusCode === 200 && bytes ? JSON.parse(bytes.toString("utf8")) : undefined;
  const version = isObject(manifest) ? manifest["version"] : undefined;
  if (typeof version === "string" && RELEASE.test(version)) return version;
  throw new Error(`the npm registry answered with HTTP status ${statusCode} and no version`);
}

/** Whether a release is newer than a version. A pre-release counts as older than its release. */
export function isNewer(release: string, version: string): boolean {
  const [, ...ours] = /^(\d+)\.(\d+)\.(\d+)/.exec(version) ?? [];
  const theirs = release.split(".");
  for (const [index, part] of theirs.entries()) {
    const difference = Number(part) - Number(ours[index] ?? 0);
    if (difference !== 0) return difference > 0;
  }
  return version.includes("-");
}

function fileIn(stateDir: string): string {
  return join(stateDir, "update.json");
}
