import type { FileHandle } from "node:fs/promises";

/**
 * Thrown where a file breaks the rules of the type that its first bytes announce. The message says what is
 * wrong.
 */
export class MalformedImage extends Error {}

/** Part of a file: from `start` up to, but not including, `end`. */
export interface Range {
  start: number;
  end: number;
}

/** Bytes that can be read anywhere. */
export interface ByteSource {
  readonly size: number;
  /**
   * Reads exactly `length` bytes. The buffer is valid until the next read.
   * @throws MalformedImage if the file ends before that
   */
  read(at: number, length: number): Promise<Buffer>;
}

const WINDOW_BYTES = 64 * 1024;

/** Reads an open file through one window, so that a walk in small steps costs few system calls. */
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

/** The same for bytes in memory. */
export function sourceIn(bytes: Buffer): ByteSource {
  return {
    size: bytes.length,
    read(at, length) {
      if (at >= 0 && at + length <= bytes.length) return Promise.resolve(bytes.subarray(at, at + length));
      return Promise.reject(new MalformedImage("its data ends too early"));
    }
  };
}

/** Reads a range in pieces. Each is valid until the next one has been asked for. */
export async function* piecesOf(source: ByteSource, { start, end }: Range): AsyncGenerator<Buffer, void> {
  for (let at = start; at < end; at += WINDOW_BYTES) {
    yield await source.read(at, Math.min(WINDOW_BYTES, end - at));
  }
}

/** Part of a source, as a source of its own that starts at 0. */
export function partOf(source: ByteSource, { start, end }: Range): ByteSource {
  return {
    size: end - start,
    read(at, length) {
      if (at >= 0 && at + length <= end - start) return source.read(start + at, length);
      return Promise.reject(new MalformedImage("its data ends too early"));
    }
  };
}

/** Fails with what is wrong unless the condition holds. */
export function demand(condition: boolean, wrong: string): asserts condition {
  if (!condition) throw new MalformedImage(wrong);
}

/** What the proof of a type found. */
export interface Proof {
  /** Where the image ends in the file. */
  end: number;
  /** Where its pixels are, coded or not. */
  pixels: readonly Range[];
}
