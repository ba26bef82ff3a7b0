/** Device names of Windows: a file of that name, whatever its extension, is the device. */
const RESERVED = /^(con|prn|aux|nul|com\d|lpt\d)(\.|$)/i;

/** In characters: file systems allow 255 bytes, and a character may take four. */
const MAX_NAME_LENGTH = 58;

/** The last part of a name that somebody else chose, as a file name that is safe on every system. */
export function harmlessName(foreign: string): string {
  const last = foreign.split(/[\\/]/).at(-1) ?? "";
  const harmless = last.replace(/[\p{Cc}\p{Cf}<>:"|?*]/gu, "_");
  // What is cut off, or invisible, must not leave a dot at the start.
  const short = [...withoutDots(harmless)].slice(-MAX_NAME_LENGTH).join("");
  const visible = withoutDots(short) || "image";
  return RESERVED.test(visible) ? `_${visible}` : visible;
}

/** Windows drops dots and spaces at the end; a dot at the start hides the file. */
function withoutDots(name: string): string {
  return name.replace(/^[. _]*\.[. _]*|^ +|[. ]+$/g, "");
}
