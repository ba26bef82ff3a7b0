/**
 * A short file name for any text: FNV-1a, twice. Unlike SHA-256 it loads no module before the first answer.
 * Two texts may share a name, so the file must contain the text for its reader to check.
 */
export function fileName(text: string): string {
  const hash = (seed: number): string => {
    let value = seed;
    for (let at = 0; at < text.length; at++) value = Math.imul(value ^ text.charCodeAt(at), 0x01000193);
    return (value >>> 0).toString(16).padStart(8, "0");
  };
  return hash(0x811c9dc5) + hash(0x2f0b4a17);
}
