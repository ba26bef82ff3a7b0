import { redact, stripControls } from "../log.ts";

const MAX_LENGTH = 300;

/**
 * Formats text from a server as the end of a message for people: one short line without control characters,
 * secrets or a final full stop.
 * @returns `: <text>`, or an empty string if there is no text
 */
export function formatServerText(text: unknown): string {
  if (typeof text !== "string") return "";
  // Cut first: a server may send a megabyte, and redacting it takes time.
  const line = redact(stripControls(text.slice(0, MAX_LENGTH * 4)))
    .replace(/\s+/g, " ")
    .trim()
    .replace(/[.\s]+$/, "");
  if (!line) return "";
  return `: ${line.length > MAX_LENGTH ? `${line.slice(0, MAX_LENGTH)}...` : line}`;
}
