/** What other programs may write in place of a member of JSON: nothing, or a value of the wrong type. */
export const WRONG: readonly (readonly [kind: string, value: unknown])[] = [
  ["missing", undefined],
  ["null", null],
  ["an empty string", ""],
  ["an empty list", []],
  ["a list of null", [null]],
  ["an empty object", {}],
  ["a number", 5],
  ["false", false],
  ["a string", "text"]
];

/**
 * Replaces each member of a JSON value in turn, at every depth, and the value itself, with every wrong value.
 * @returns a description of each replacement, and the resulting value
 */
export function spoiled(
  value: unknown,
  name = "the whole value"
): (readonly [what: string, value: unknown])[] {
  const own = WRONG.map(([kind, wrong]) => [`${name} is ${kind}`, wrong] as const);
  if (typeof value !== "object" || value === null) return own;
  const members = Object.entries(value).flatMap(([key, member]) =>
    spoiled(member, key).map(([what, wrong]) => [what, withMember(value, key, wrong)] as const)
  );
  return [...own, ...members];
}

function withMember(value: object, key: string, member: unknown): unknown {
  const copy = (Array.isArray(value) ? [...(value as unknown[])] : { ...value }) as Record<string, unknown>;
  if (member === undefined) delete copy[key];
  else copy[key] = member;
  return copy;
}
