import type { Writable } from "node:stream";

const BAR = 24;
const REDRAW_MS = 80;

/** One line on a terminal that says how far something is. */
export interface ProgressLine {
  /** @param share between 0 and 1 */
  show(share: number, text: string): void;
  /** Takes the line away, so that something else can be printed. */
  clear(): void;
}

/** Draws on a terminal; elsewhere draws nothing, and the command prints plain lines instead. */
export function progressLine(stream: Writable & { columns?: number }, interactive: boolean): ProgressLine {
  let drawnAt = 0;
  return {
    show(share, text) {
      const now = Date.now();
      if (!interactive || (now - drawnAt < REDRAW_MS && share < 1)) return;
      drawnAt = now;
      const filled = Math.round(BAR * Math.min(1, Math.max(0, share)));
      const line = `${"█".repeat(filled)}${"░".repeat(BAR - filled)} ${text}`;
      stream.write(`\r\u001b[K${[...line].slice(0, (stream.columns ?? 80) - 1).join("")}`);
    },
    clear() {
      if (interactive && drawnAt > 0) stream.write("\r\u001b[K");
    }
  };
}

/** A number of bytes as people say it. */
export function humanBytes(bytes: number): string {
  const units = ["bytes", "KB", "MB", "GB"];
  let value = bytes;
  let unit = 0;
  for (; value >= 1000 && unit < units.length - 1; unit += 1) value /= 1000;
  return `${unit === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${units[unit]}`;
}
