import type { Help } from "commander";
import { wrapped } from "../ui/wrap.ts";

const INDENT = 2;
/** A description goes next to its term if there are at least this many columns for it, otherwise below. */
const MIN_COLUMN = 30;

/** Formats a term with its description; replaces commander's {@link Help.formatItem}. */
export function formatItem(term: string, termWidth: number, description: string, help: Help): string {
  const columns = help.helpWidth ?? 80;
  const start = INDENT + termWidth + 2;
  const indent = " ".repeat(INDENT);
  if (columns - start >= MIN_COLUMN)
    return `${indent}${term.padEnd(termWidth)}  ${wrapped(description, columns, start)}`.trimEnd();
  return `${indent}${term}\n${" ".repeat(6)}${wrapped(description, columns, 6)}`.trimEnd();
}
