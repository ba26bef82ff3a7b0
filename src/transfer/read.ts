import type { FileHandle } from "node:fs/promises";

const CHUNK_BYTES = 256 * 1024;

/**
 * Reads a file from byte 0 to `size`, or to its end if that comes first. Two buffers alternate: one is filled
 * while the consumer works on the other, so memory use doesn't grow with the file. A chunk is valid only
 * until the next one is requested.
 * @throws the file system's error; the signal's reason if it is aborted
 */
export async function* readChunks(
  handle: FileHandle,
  size: number,
  signal?: AbortSignal
): AsyncGenerator<Buffer, void> {
  const buffers = [0, 1].map(() => Buffer.allocUnsafe(Math.min(CHUNK_BYTES, size)));
  const fill = async (turn: number, position: number): Promise<Buffer> => {
    const buffer = buffers[turn % 2] as Buffer;
    return buffer.subarray(0, await readFully(handle, buffer, position, size));
  };
  let next = fill(0, 0);
  for (let position = 0, turn = 1; position < size; turn += 1) {
    signal?.throwIfAborted();
    const chunk = await next;
    if (chunk.length === 0) return;
    position += chunk.length;
    next = fill(turn, position);
    next.catch(() => undefined);
    yield chunk;
  }
}

async function readFully(
  handle: FileHandle,
  buffer: Buffer,
  position: number,
  size: number
): Promise<number> {
  const length = Math.min(buffer.length, size - position);
  let filled = 0;
  while (filled < length) {
    const { bytesRead } = await handle.read(buffer, filled, length - filled, position + filled);
    if (bytesRead === 0) break;
    filled += bytesRead;
  }
  return filled;
}
