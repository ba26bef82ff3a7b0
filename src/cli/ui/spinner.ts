import type { Writable } from "node:stream";

const FRAMES = ["⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"];
const FRAME_MS = 80;
const HIDE_CURSOR = "\u001b[?25l";
const SHOW_CURSOR = "\u001b[?25h";
const CLEAR_LINE = "\r\u001b[K";

/**
 * Shows that something is waited for, on a terminal; elsewhere one plain line says so.
 * @returns what takes the spinner away again
 */
export function spin(stream: Writable, interactive: boolean, text: string): () => void {
  if (!interactive) {
    stream.write(`${text}\n`);
    return () => undefined;
  }
  let frame = 0;
  const draw = (): void => void stream.write(`${CLEAR_LINE}${FRAMES[frame++ % FRAMES.length]} ${text}`);
  stream.write(HIDE_CURSOR);
  draw();
  const timer = setInterval(draw, FRAME_MS);
  return () => {
    clearInterval(timer);
    stream.write(`${CLEAR_LINE}${SHOW_CURSOR}`);
  };
}
