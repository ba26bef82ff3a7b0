import { UsageError } from "../../errors.ts";

/** The names of all fields that records have. */
export function fieldsIn(records: readonly Record<string, unknown>[]): string[] {
  return records.flatMap((record) => Object.keys(record));
}

/** Refuses a field that is not among the known ones. @throws UsageError that lists these */
export function checkFields(fields: readonly string[], known: Iterable<string>): void {
  const names = [...new Set(known)].sort();
  const unknown = fields.find((field) => !names.includes(field));
  if (unknown === undefined) return;
  throw new UsageError(`There is no field "${unknown}".`, { hint: `Fields: ${names.join(", ")}.` });
}
