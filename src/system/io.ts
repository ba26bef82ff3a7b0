import type { Readable, Writable } from "node:stream";

/** The process as the program sees it. Tests pass their own. */
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
  /** This process and how to signal it; absent when the program runs inside another one, such as a test. */
  readonly pid?: number;
  readonly kill?: (pid: number, signal: NodeJS.Signals) => unknown;
}

/**
 * Resolves when everything written to a stream has been handed to the system, or its reader is gone.
 * @param withinMs how long to wait for a reader that doesn't read; no limit if left out
 */
export function flushed(stream: Writable, withinMs?: number): Promise<void> {
  return new Promise((resolve) => {
    if (stream.destroyed || stream.writableEnded) return resolve();
    if (withinMs !== undefined) setTimeout(resolve, withinMs);
    stream.once("error", () => resolve());
    stream.write("", () => resolve());
  });
}
