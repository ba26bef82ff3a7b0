import { fstatSync, readSync, writeSync } from "node:fs";

/**
 * Stdin and stdout before their streams exist. Node takes longer to create the two streams than the server
 * needs for everything else up to its first answer, so that answer is given without them.
 */
export interface EarlyStdio {
  /**
   * Blocks until the first bytes arrive on stdin. Nothing else is running yet that this could delay.
   * @returns an empty buffer at the end of the input; undefined if only the stream can read it
   */
  read(): Buffer | undefined;
  /** Writes to stdout. @returns the rest that stdout couldn't accept immediately, for its stream */
  write(text: string): Buffer;
}

/** The most bytes to read: the capacity of a pipe on most systems. */
const MAX_BYTES = 64 * 1024;

const STDIN = 0;
const STDOUT = 1;

/**
 * Returns this process's stdin and stdout; undefined if stdin is a terminal or a device, and on Windows,
 * whose pipes can't be read this way.
 */
export function earlyStdio(platform: NodeJS.Platform): EarlyStdio | undefined {
  if (platform === "win32" || !isPipeOrFile(STDIN)) return undefined;
  return { read, write };
}

function isPipeOrFile(descriptor: number): boolean {
  try {
    const stats = fstatSync(descriptor);
    return stats.isFIFO() || stats.isSocket() || stats.isFile();
  } catch {
    return false;
  }
}

function read(): Buffer | undefined {
  const buffer = Buffer.allocUnsafe(MAX_BYTES);
  try {
    return buffer.subarray(0, readSync(STDIN, buffer));
  } catch {
    // For example a pipe that another process has made non-blocking. The stream reports real errors.
    return undefined;
  }
}

function write(text: string): Buffer {
  let rest: Buffer = Buffer.from(text);
  try {
    while (rest.length > 0) rest = rest.subarray(writeSync(STDOUT, rest));
  } catch {
    // Stdout is full or closed. The stream can handle both.
  }
  return rest;
}
