import type { Readable, Writable } from "node:stream";
import { type EarlyStdio, earlyStdio } from "./early-stdio.ts";

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
  /** Stdin and stdout without their streams; absent if they can only be used through the streams. */
  readonly earlyStdio?: EarlyStdio | undefined;
}

/**
 * Wraps a process so that it outlives the readers of its streams: without an error listener, a reader that
 * closes its end would end the process with a stack trace. Each stream is created when it's first used.
 */
export function outlivingReaders(io: Io): Io {
  const { argv, env, platform, pid, kill } = io;
  let stdout: Io["stdout"] | undefined;
  let stderr: Io["stderr"] | undefined;
  return {
    ...{ argv, env, platform },
    ...(pid !== undefined && kill && { pid, kill: kill.bind(io) }),
    earlyStdio: Object.is(io, process) ? earlyStdio(platform) : undefined,
    cwd: () => io.cwd(),
    get stdin() {
      return io.stdin;
    },
    get stdout() {
      return (stdout ??= io.stdout.on("error", () => undefined));
    },
    get stderr() {
      return (stderr ??= io.stderr.on("error", () => undefined));
    }
  };
}

/**
 * Resolves when everything written to a stream has been passed to the system, or its reader is gone.
 * @param withinMs how long to wait for a reader that doesn't read; unlimited by default
 */
export function flushed(stream: Writable, withinMs?: number): Promise<void> {
  return new Promise((resolve) => {
    if (stream.destroyed || stream.writableEnded) return resolve();
    if (withinMs !== undefined) setTimeout(resolve, withinMs);
    stream.once("error", () => resolve());
    stream.write("", () => resolve());
  });
}
