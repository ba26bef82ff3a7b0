import { redact, stripControls } from "../log.ts";

const LONGEST = 300;

/**
 * Makes a text that a server sent part of a message for people: one line, harmless, short, without secrets.
 * @returns `: <text>`, or nothing where the server sent no text
 */
export function formatServerText(text: unknown): string {
  if (typeof text !== "string" || !text.trim()) return "";
  const line = redact(stripControls(text)).replace(/\s+/g, " ").trim();
  return `: ${line.length > LONGEST ? `${line.slice(0, LONGEST)}...` : line}`;
}
