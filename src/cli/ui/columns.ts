import type { Io } from "../../system/io.ts";

type Stream = Pick<Io["stdout"], "isTTY" | "columns">;

const DEFAULT_COLUMNS = 80;
/** Text wrapped any narrower is unreadable. */
const MIN_WRAP_COLUMNS = 20;

/** The width of a stream's terminal in columns; 80 if it isn't a terminal or doesn't know its width. */
export function columnsOf({ columns }: Stream): number {
  // A pseudo-terminal reports 0 until its size is set.
  return columns || DEFAULT_COLUMNS;
}

/** The width to wrap text at: infinite unless the stream is a terminal, so that programs get whole lines. */
export function wrapColumnsOf(stream: Stream): number {
  return stream.isTTY === true ? Math.max(MIN_WRAP_COLUMNS, columnsOf(stream)) : Infinity;
}
