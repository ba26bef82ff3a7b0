import { join } from "node:path";
import { fileKey } from "../../../system/file-key.ts";
import { isObject } from "../../../system/json.ts";
import type { KnownUpload } from "../../../transfer/batch.ts";
import { SeenFiles } from "../../../transfer/seen.ts";
import type { Invocation } from "../../command.ts";

/** How long an upload is remembered: images are deleted, and Environments linked anew. */
const MAX_AGE_MS = 7 * 24 * 60 * 60_000;

/** What of an upload's options tells one memory from another. */
export interface MemoryOptions {
  recursive?: true;
  /** False to ask Imgwire about files, too, that haven't changed since they were uploaded. */
  cache: boolean;
  purpose?: string;
  metadata?: Record<string, string>;
}

/**
 * The uploads of folders that were made before by the same account to the same Environment with the same
 * options; undefined where that can't be told without asking, or isn't wanted.
 */
export function uploadMemory(
  { deps }: Invocation,
  { recursive, cache, purpose, metadata }: MemoryOptions
): SeenFiles<KnownUpload> | undefined {
  const { settings, paths, fileAccess } = deps;
  const account = settings.accessToken ? fileKey(settings.accessToken) : deps.account();
  if (!recursive || !cache || account === undefined) return undefined;
  const to = [settings.url.href, account, fileAccess.environment() ?? null];
  const as = [purpose ?? null, metadata ?? null, fileAccess.stripMetadata === true];
  const file = `uploads-${fileKey(JSON.stringify([...to, ...as]))}.json`;
  return new SeenFiles(join(paths.cache, file), isUpload, MAX_AGE_MS);
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
