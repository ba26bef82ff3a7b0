import { type ConfigTable, isTable, valueAt, withValueAt } from "./format.ts";

/**
 * A file in which the servers are a list of tables with a `name` each, seen as other files are: with the
 * list's place taken by a table whose keys are the names. Items without a name of their own are keyed by
 * their index.
 */
export function keyedByName(table: ConfigTable, list: readonly string[]): ConfigTable {
  const items = valueAt(table, list);
  if (!Array.isArray(items)) return table;
  const keys = keysOf(items);
  return withValueAt(table, list, Object.fromEntries(items.map((item, index) => [keys[index], item])));
}

/** The index of the item of that name, -1 where there is none. */
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
