import type { FileHandle } from "node:fs/promises";

/** Thrown if a file violates the format that its first bytes announce. The message says what is wrong. */
export class MalformedImage extends Error {}

/** A part of a file, from `start` (inclusive) to `end` (exclusive). */
export interface Range {
  start: number;
  end: number;
}

/** Bytes with random access. */
export interface ByteSource {
  readonly size: number;
  /**
   * Reads exactly `length` bytes. The buffer is valid until the next read.
   * @throws MalformedImage if the file ends before that
   */
  read(at: number, length: number): Promise<Buffer>;
}

const WINDOW_BYTES = 64 * 1024;

/** Reads an open file through a buffered window, so that reading in small steps needs few system calls. */
export function sourceOf(handle: FileHandle, size: number): ByteSource {
  const window = Buffer.allocUnsafe(Math.min(WINDOW_BYTES, size));
  let from = 0;
  let filled = 0;
  return {
    size,
    async read(at, length) {
      if (at < 0 || at + length > size) throw new MalformedImage("its data ends too early");
      if (length > WINDOW_BYTES) return await filledBuffer(handle, Buffer.allocUnsafe(length), at);
      if (at < from || at + length > from + filled) {
        from = at;
        filled = Math.min(WINDOW_BYTES, size - at);
        await filledBuffer(handle, window.subarray(0, filled), at);
      }
      return window.subarray(at - from, at - from + length);
    }
  };
}

async function filledBuffer(handle: FileHandle, buffer: Buffer, at: number): Promise<Buffer> {
  let filled = 0;
  while (filled < buffer.length) {
    const { bytesRead } = await handle.read(buffer, filled, buffer.length - filled, at + filled);
    if (bytesRead === 0) throw new MalformedImage("its data ends too early");
    filled += bytesRead;
  }
  return buffer;
}

/** A source over bytes in memory. */
export function sourceIn(bytes: Buffer): ByteSource {
  return {
    size: bytes.length,
    read(at, length) {
      if (at >= 0 && at + length <= bytes.length) return Promise.resolve(bytes.subarray(at, at + length));
      return Promise.reject(new MalformedImage("its data ends too early"));
    }
  };
}

/** Reads a range in pieces. Each is valid only until the next one is requested. */
export async function* piecesOf(source: ByteSource, { start, end }: Range): AsyncGenerator<Buffer, void> {
  for (let at = start; at < end; at += WINDOW_BYTES) {
    yield await source.read(at, Math.min(WINDOW_BYTES, end - at));
  }
}

/** A part of a source, as a separate source that starts at 0. */
export function partOf(source: ByteSource, { start, end }: Range): ByteSource {
  return {
    size: end - start,
    read(at, length) {
      if (at >= 0 && at + length <= end - start) return source.read(start + at, length);
      return Promise.reject(new MalformedImage("its data ends too early"));
    }
  };
}

/** Throws a MalformedImage unless the condition holds. */
export function demand(condition: boolean, wrong: string): asserts condition {
  if (!condition) throw new MalformedImage(wrong);
}

/** The result of a successful validation. */
export interface Proof {
  /** Where the image ends in the file. */
  end: number;
  /** The pixel data, coded or not. */
  pixels: readonly Range[];
}
