import { UsageError } from "../../errors.ts";

/** Returns the names of all fields in the records. */
export function fieldsIn(records: readonly Record<string, unknown>[]): string[] {
  return records.flatMap((record) => Object.keys(record));
}

/** Checks that all fields are known. @throws UsageError that lists the known ones */
export function checkFields(fields: readonly string[], known: Iterable<string>): void {
  const names = [...new Set(known)].sort();
  const unknown = fields.find((field) => !names.includes(field));
  if (unknown === undefined) return;
  throw new UsageError(`There is no field "${unknown}".`, { hint: `Fields: ${names.join(", ")}.` });
}
