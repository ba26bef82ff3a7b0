/** What may stand in place of a member of JSON that somebody else wrote: its absence, and other types. */
const WRONG: readonly (readonly [kind: string, value: unknown])[] = [
  ["missing", undefined],
  ["null", null],
  ["an empty string", ""],
  ["an empty list", []],
  ["a list of null", [null]],
  ["an empty object", {}],
  ["a number", 5],
  ["false", false],
  ["a text", "text"]
];

/**
 * A JSON value with one member replaced, each member in turn and at every depth, by everything that it may
 * not be; and what stands in the place of all of it.
 * @returns what was done, and the value
 */
export function spoiled(value: unknown, name = "all of it"): (readonly [what: string, value: unknown])[] {
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
