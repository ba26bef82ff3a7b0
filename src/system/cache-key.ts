/**
 * Derives a short file name from any text for a cache that is read before the first answer: two FNV-1a
 * hashes, because SHA-256 would load another module. Two texts may share a name, so the reader of the file
 * has to check the text itself.
 */
export function cacheKey(text: string): string {
  const hash = (seed: number): string => {
    let value = seed;
    for (let at = 0; at < text.length; at++) value = Math.imul(value ^ text.charCodeAt(at), 0x01000193);
    return (value >>> 0).toString(16).padStart(8, "0");
  };
  return hash(0x811c9dc5) + hash(0x2f0b4a17);
}
