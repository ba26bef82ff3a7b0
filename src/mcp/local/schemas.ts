/** Arguments and annotations that the local tools have in common. */

/** What a tool that sends files to Imgwire does to the world. */
export const UPLOADS = {
  readOnlyHint: false,
  destructiveHint: false,
  idempotentHint: true,
  openWorldHint: true
} as const;

/** The hosted tools' arguments that Imgwire leaves undescribed. */
const DESCRIPTIONS: Readonly<Record<string, string>> = {
  file_name: 'Name to store it under, for example "hero.png". Default: the file\'s own.',
  mime_type: 'Leave out with `path`. For example "image/png".',
  content_length: "Leave out with `path`. Size in bytes, for example 34512.",
  hash_sha256: "Leave out with `path`. SHA-256 in hex.",
  idempotency_key: "Leave out with `path`. The same key creates one image only.",
  purpose: 'What the image is for, for example "documentation".',
  custom_metadata: 'Your own key-value data, for example {"page": "home"}.'
};

/** An argument of a hosted tool with a description, where it has none of its own. */
export function described(name: string, schema: unknown): object {
  const own = typeof schema === "object" && schema !== null ? schema : {};
  if ("description" in own || DESCRIPTIONS[name] === undefined) return own;
  return { ...own, description: DESCRIPTIONS[name] };
}

/** Whether a value is a list of strings with something in it. */
export function isStrings(value: unknown): value is string[] {
  return Array.isArray(value) && value.length > 0 && value.every((each) => typeof each === "string");
}
