import type { Writable } from "node:stream";
import { columnsOf } from "./columns.ts";
import { cut } from "./width.ts";

const BAR_COLUMNS = 24;
const REDRAW_INTERVAL_MS = 80;
const FRAMES = ["⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"];
const HIDE_CURSOR = "\u001b[?25l";
const SHOW_CURSOR = "\u001b[?25h";
const CLEAR_LINE = "\r\u001b[K";

type Terminal = Writable & { columns?: number };

/** A line at the bottom of a terminal that shows progress. */
export interface ProgressLine {
  /** @param share between 0 and 1; undefined if the total isn't known */
  show(share: number | undefined, text: string): void;
  /** Removes the line until the next `show`. */
  clear(): void;
}

/**
 * Creates a progress line on a terminal. Otherwise it draws nothing, and the command prints plain lines
 * instead.
 *
 * The spinner and progress bar of @clack/prompts are unsuitable: they read the keyboard in raw mode and, on
 * Ctrl-C, end the process with exit code 0, so nothing is cleaned up and a shell loop continues.
 */
export function progressLine(stream: Terminal, interactive: boolean): ProgressLine {
  let drawnAt: number | undefined;
  return {
    show(share, text) {
      const now = Date.now();
      if (!interactive || (drawnAt !== undefined && now - drawnAt < REDRAW_INTERVAL_MS && share !== 1))
        return;
      drawnAt = now;
      stream.write(CLEAR_LINE + fitted(`${share === undefined ? "" : `${bar(share)} `}${text}`, stream));
    },
    clear() {
      if (drawnAt !== undefined) stream.write(CLEAR_LINE);
      drawnAt = undefined;
    }
  };
}

function bar(share: number): string {
  const filled = Math.round(BAR_COLUMNS * Math.min(1, Math.max(0, share)));
  return "█".repeat(filled) + "░".repeat(BAR_COLUMNS - filled);
}

/** Truncates to the terminal's width, because a wrapped line can't be erased. */
function fitted(line: string, stream: Terminal): string {
  return cut(line, columnsOf(stream) - 1, "");
}

/**
 * Shows a spinner on a terminal, and otherwise a plain line.
 * @param signal removes the spinner as soon as the command is interrupted
 * @returns a function that removes the spinner
 */
export function spin(stream: Terminal, interactive: boolean, text: string, signal: AbortSignal): () => void {
  if (!interactive) {
    stream.write(`${text}\n`);
    return () => undefined;
  }
  let frame = 0;
  const draw = (): void =>
    void stream.write(CLEAR_LINE + fitted(`${FRAMES[frame++ % FRAMES.length]} ${text}`, stream));
  stream.write(HIDE_CURSOR);
  draw();
  let timer: NodeJS.Timeout | undefined = setInterval(draw, REDRAW_INTERVAL_MS);
  const stop = (): void => {
    if (timer === undefined) return;
    clearInterval(timer);
    timer = undefined;
    signal.removeEventListener("abort", stop);
    stream.write(`${CLEAR_LINE}${SHOW_CURSOR}`);
  };
  signal.addEventListener("abort", stop, { once: true });
  return stop;
}

const UNITS = ["bytes", "kB", "MB", "GB", "TB"];

/** Formats a number of bytes for people. */
export function humanBytes(bytes: number): string {
  let value = Math.abs(bytes);
  let unit = 0;
  for (; value >= 1000 && unit < UNITS.length - 1; unit += 1) value /= 1000;
  const shown = unit === 0 || value >= 100 ? Math.round(value) : value.toFixed(1);
  return `${bytes < 0 ? "-" : ""}${shown} ${unit === 0 && bytes === 1 ? "byte" : UNITS[unit]}`;
}
