import type { Range } from "../image/source.ts";

/** A part of a file, and what takes its place: bytes, then as many zeros. */
export interface Edit extends Range {
  bytes: Buffer;
  zeros: number;
}

/** What an image says beside its pixels. */
export interface Findings {
  /** What takes out positions, serial numbers, names and everything of that kind; in order. */
  edits: readonly Edit[];
  /** Whether it says where it was taken. */
  hasPosition: boolean;
}

/** Takes a part out. */
export function removed({ start, end }: Range): Edit {
  return { start, end, bytes: Buffer.alloc(0), zeros: 0 };
}

/** Puts bytes in place of a part; where they are fewer, zeros fill it up, so that nothing behind it moves. */
export function overwritten({ start, end }: Range, bytes: Buffer = Buffer.alloc(0)): Edit {
  return { start, end, bytes, zeros: end - start - bytes.length };
}

/** Whether XMP, as text, names a position. */
export function isPositionedXmp(xmp: Buffer): boolean {
  return /GPSL(?:atitude|ongitude)/.test(xmp.toString("latin1"));
}

/** What is left of some parts of a file without others, in order. */
export function without(parts: readonly Range[], kept: readonly Range[]): Range[] {
  const walls = [...kept].sort((a, b) => a.start - b.start);
  const rest: Range[] = [];
  let at = 0;
  for (const part of [...parts].sort((a, b) => a.start - b.start)) {
    at = Math.max(at, part.start);
    for (const wall of walls) {
      if (wall.end <= at) continue;
      if (wall.start >= part.end) break;
      if (wall.start > at) rest.push({ start: at, end: wall.start });
      at = Math.max(at, wall.end);
    }
    if (at < part.end) rest.push({ start: at, end: part.end });
    at = Math.max(at, part.end);
  }
  return rest;
}
