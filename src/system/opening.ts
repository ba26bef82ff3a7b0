import { fstatSync, readSync, writeSync } from "node:fs";

/**
 * Stdin and stdout before their streams exist. Node takes longer to make the two streams than the server
 * needs for everything else up to its first answer, so that answer is given without them.
 */
export interface Opening {
  /**
   * Waits for the first bytes on stdin; nothing else is under way yet that this could hold up.
   * @returns an empty buffer at the end of the input; undefined if only the stream can read it
   */
  read(): Buffer | undefined;
  /** Writes to stdout. @returns what stdout doesn't take at once, for its stream */
  write(text: string): Buffer;
}

/** The most that is read at first: the whole of a pipe, on most systems. */
const MAX_BYTES = 64 * 1024;

const STDIN = 0;
const STDOUT = 1;

/** The process's own; undefined for a terminal or a device, and on Windows, whose pipes can't be read so. */
export function openingOf(platform: NodeJS.Platform): Opening | undefined {
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
    // A pipe that whoever started us reads without waiting, for one. The stream says what is wrong, if
    // anything.
    return undefined;
  }
}

function write(text: string): Buffer {
  let rest: Buffer = Buffer.from(text);
  try {
    while (rest.length > 0) rest = rest.subarray(writeSync(STDOUT, rest));
  } catch {
    // It's full, or nobody reads it: the stream knows what to do about either.
  }
  return rest;
}
