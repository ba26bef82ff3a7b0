const MIN_BYTES = 64;

/**
 * Whether bytes look like text: nearly all are printable, many different values occur, and neighbours differ
 * as letters do and pixels don't.
 */
export function looksLikeText(bytes: Buffer): boolean {
  if (bytes.length < MIN_BYTES) return false;
  const printable = bytes.filter((byte) => (byte >= 0x20 && byte < 0x7f) || (byte >= 9 && byte <= 13)).length;
  if (printable < bytes.length * 0.97 || new Set(bytes).size < 10) return false;
  return [1, 3, 4].every((stride) => meanStep(bytes, stride) > 8);
}

function meanStep(bytes: Buffer, stride: number): number {
  let sum = 0;
  for (let at = stride; at < bytes.length; at++) {
    sum += Math.abs((bytes[at] ?? 0) - (bytes[at - stride] ?? 0));
  }
  return sum / (bytes.length - stride);
}
