import { join } from "node:path";
import { fileKey } from "../../../system/file-key.ts";
import { isObject } from "../../../system/json.ts";
import type { KnownUpload } from "../../../transfer/batch.ts";
import { FileCache } from "../../../transfer/file-cache.ts";
import type { Invocation } from "../../command.ts";

/** Older uploads are forgotten, because images may be deleted and Environments relinked. */
const MAX_AGE_MS = 7 * 24 * 60 * 60_000;

/** The options that determine which uploads are remembered. */
export interface MemoryOptions {
  recursive?: true;
  /** False to look up files on Imgwire even if they haven't changed since they were uploaded. */
  cache: boolean;
  purpose?: string;
  metadata?: Record<string, string>;
}

/**
 * Returns the memory of uploads of whole folders, which is separate for each account, Environment and set of
 * options. Undefined without `-r`, with `--no-cache`, or if the account isn't known on this machine.
 */
export function uploadMemory(
  { deps }: Invocation,
  { recursive, cache, purpose, metadata }: MemoryOptions
): FileCache<KnownUpload> | undefined {
  const { settings, paths, fileAccess } = deps;
  const account = settings.accessToken ? fileKey(settings.accessToken) : deps.account();
  if (!recursive || !cache || account === undefined) return undefined;
  const to = [settings.url.href, account, fileAccess.environment() ?? null];
  const as = [purpose ?? null, metadata ?? null, fileAccess.stripMetadata === true];
  const file = `uploads-${fileKey(JSON.stringify([...to, ...as]))}.json`;
  return new FileCache(join(paths.cache, file), isUpload, MAX_AGE_MS);
}

function isUpload(value: unknown): boolean {
  if (!isObject(value) || !isObject(value["file"]) || !isObject(value["image"])) return false;
  const { file, image, state, sent } = value;
  const isText = (each: unknown): boolean => typeof each === "string";
  return (
    [image["id"], image["cdn_url"], file["fileName"], file["sha256"]].every(isText) &&
    typeof file["size"] === "number" &&
    state === "ready" &&
    sent === false
  );
}
