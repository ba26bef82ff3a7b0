import { isObject } from "../../system/json.ts";
import { META, type Params, type Request } from "./message.ts";

/** The revisions that open with `initialize`. */
export const LEGACY_VERSIONS: ReadonlySet<string> = new Set([
  "2024-11-05",
  "2025-03-26",
  "2025-06-18",
  "2025-11-25"
]);
export const LATEST_LEGACY = "2025-11-25";

/** The revisions in which every request stands alone, newest first. */
export const MODERN_VERSIONS: readonly string[] = ["2026-07-28"];
export const LATEST_MODERN = "2026-07-28";

/** Methods whose results carry caching hints (MCP 2026-07-28, caching; SEP-2640). */
export const CACHEABLE: ReadonlySet<string> = new Set([
  "tools/list",
  "prompts/list",
  "resources/list",
  "resources/templates/list",
  "resources/read",
  "skills/list",
  "skills/get",
  "resources/directory/read"
]);

const MODERN_META: ReadonlySet<string> = new Set(Object.values(META));

/**
 * Converts a modern request for a legacy server: drops the envelope and the parameters of a retry, which a
 * session makes unnecessary.
 */
export function toLegacyRequest(request: Request): Request {
  const params = { ...request.params };
  delete params["inputResponses"];
  delete params["requestState"];
  return { ...request, params: withoutModernMeta(params) };
}

/**
 * Removes the members of a modern result that the legacy era doesn't have (MCP 2026-07-28, basic/index and
 * caching).
 */
export function toLegacyResult(result: Params, method: string): Params {
  const rest = { ...result };
  delete rest["resultType"];
  if (CACHEABLE.has(method)) {
    delete rest["ttlMs"];
    delete rest["cacheScope"];
  }
  return withoutModernMeta(rest);
}

/** Removes the modern era's keys from `_meta`; returns the same object if there are none. */
export function withoutModernMeta(value: Params): Params {
  const { _meta, ...rest } = value;
  if (!isObject(_meta)) return value;
  const kept = Object.entries(_meta).filter(([key]) => !MODERN_META.has(key));
  if (kept.length === Object.keys(_meta).length) return value;
  return kept.length === 0 ? rest : { ...rest, _meta: Object.fromEntries(kept) };
}
