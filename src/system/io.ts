import type { Readable, Writable } from "node:stream";

/** The process as the program sees it; tests hand in their own. */
export interface Io {
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly platform: NodeJS.Platform;
  readonly stdin: Readable & {
    isTTY?: boolean;
    isRaw?: boolean;
    setRawMode?: (mode: boolean) => unknown;
  };
  readonly stdout: Writable & { isTTY?: boolean; columns?: number };
  readonly stderr: Writable & { isTTY?: boolean; columns?: number };
  cwd(): string;
  /**
   * This process and the way to signal it; absent where the program is part of another one, such as a test.
   */
  readonly pid?: number;
  readonly kill?: (pid: number, signal: NodeJS.Signals) => unknown;
}

/**
 * Resolves when everything written to a stream so far has been handed to the system, or the reader is gone.
 * @param withinMs how long to wait at most for a reader who does not read; for ever, where it is left out
 */
export function flushed(stream: Writable, withinMs?: number): Promise<void> {
  return new Promise((resolve) => {
    if (stream.destroyed || stream.writableEnded) return resolve();
    if (withinMs !== undefined) setTimeout(resolve, withinMs);
    stream.once("error", () => resolve());
    stream.write("", () => resolve());
  });
}
