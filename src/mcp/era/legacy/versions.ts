/** The revisions that open with `initialize`. */
export const LEGACY_VERSIONS: ReadonlySet<string> = new Set([
  "2024-11-05",
  "2025-03-26",
  "2025-06-18",
  "2025-11-25"
]);
export const LATEST_LEGACY = "2025-11-25";
