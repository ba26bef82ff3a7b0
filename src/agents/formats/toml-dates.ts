import { ConfigTextError } from "./format.ts";
import { tomlStatements } from "./toml-statements.ts";

const DATE = /\b(\d{4})-(\d\d)-(\d\d)/g;
const STRING_OR_COMMENT = /"""[^]*?"""|'''[^]*?'''|"(?:[^"\\\n]|\\.)*"|'[^'\n]*'|#[^\n]*/g;

/**
 * Rejects dates such as 30 February: the parser turns them into days of the next month, but agents refuse
 * them.
 * @param text valid except for its dates
 * @throws ConfigTextError at the first invalid date
 */
export function checkDates(text: string): void {
  if (impossibleDate(text) < 0) return;
  for (const { value } of tomlStatements(text)) {
    if (!value) continue;
    const written = text.slice(value.from, value.to);
    const at = impossibleDate(written.replace(STRING_OR_COMMENT, (part) => " ".repeat(part.length)));
    if (at >= 0) throw ConfigTextError.at(text, value.from + at, "the month has no such day");
  }
}

/** Returns the offset of the first date whose day doesn't exist in its month; -1 if there is none. */
function impossibleDate(text: string): number {
  for (const { index, 1: year, 2: month, 3: day } of text.matchAll(DATE)) {
    const days = new Date(Date.UTC(Number(year), Number(month), 0)).getUTCDate();
    if (Number(month) <= 12 && Number(day) > days) return index;
  }
  return -1;
}
