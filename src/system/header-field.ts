/** A header field as undici and Node.js report it: a list if the field occurs several times. */
export type HeaderField = string | string[] | undefined;

/** The first value of a field that should occur only once. */
export function firstValue(field: HeaderField): string | undefined {
  return Array.isArray(field) ? field[0] : field;
}

/** All values of a field, joined as RFC 9110 section 5.3 allows. */
export function allValues(field: HeaderField): string | undefined {
  return Array.isArray(field) ? field.join(", ") : field;
}
