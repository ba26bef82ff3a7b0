import type { Help } from "commander";
import { wrapped } from "../ui/wrap.ts";

const INDENT = 2;
/** A description stands beside its term if there are that many columns for it, else below. */
const MIN_COLUMN = 30;

/** Lays out a term of the help with its description, in the place of commander's {@link Help.formatItem}. */
export function formatItem(term: string, termWidth: number, description: string, help: Help): string {
  const columns = help.helpWidth ?? 80;
  const start = INDENT + termWidth + 2;
  const indent = " ".repeat(INDENT);
  if (columns - start >= MIN_COLUMN)
    return `${indent}${term.padEnd(termWidth)}  ${wrapped(description, columns, start)}`.trimEnd();
  return `${indent}${term}\n${" ".repeat(6)}${wrapped(description, columns, 6)}`.trimEnd();
}
