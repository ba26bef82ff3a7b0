import type { Range } from "../image/source.ts";

/** A replacement for part of a file: these bytes, followed by a number of zeros. */
export interface Edit extends Range {
  bytes: Buffer;
  zeros: number;
}

/** The metadata found in an image. */
export interface Findings {
  /** The edits that remove positions, serial numbers, names and the like, sorted by position. */
  edits: readonly Edit[];
  /** Whether the metadata says where the image was taken. */
  hasPosition: boolean;
}

/** Removes a range. */
export function removed({ start, end }: Range): Edit {
  return { start, end, bytes: Buffer.alloc(0), zeros: 0 };
}

/** Overwrites a range with bytes and pads them with zeros, so that the data after it doesn't move. */
export function overwritten({ start, end }: Range, bytes: Buffer = Buffer.alloc(0)): Edit {
  return { start, end, bytes, zeros: end - start - bytes.length };
}

/** Whether an XMP text contains a position. */
export function isPositionedXmp(xmp: Buffer): boolean {
  return /GPSL(?:atitude|ongitude)/.test(xmp.toString("latin1"));
}

/** Subtracts ranges from other ranges; the result is sorted. */
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
