import { type ConfigTable, isTable, valueAt, withValueAt } from "./format.ts";

/**
 * Converts a list of tables, each with a `name`, into a table keyed by those names, so that the file looks
 * like any other. Items without a unique name are keyed by their index.
 */
export function keyedByName(table: ConfigTable, list: readonly string[]): ConfigTable {
  const items = valueAt(table, list);
  if (!Array.isArray(items)) return table;
  const keys = keysOf(items);
  return withValueAt(table, list, Object.fromEntries(items.map((item, index) => [keys[index], item])));
}

/** The index of the item with that name; -1 if there is none. */
export function indexOfName(table: ConfigTable, list: readonly string[], name: string): number {
  const items = valueAt(table, list);
  return Array.isArray(items) ? keysOf(items).indexOf(name) : -1;
}

function keysOf(items: readonly unknown[]): string[] {
  const names = items.map((item) =>
    isTable(item) && typeof item["name"] === "string" ? item["name"] : undefined
  );
  return names.map((name, index) =>
    name !== undefined && names.indexOf(name) === index ? name : `#${index}`
  );
}
