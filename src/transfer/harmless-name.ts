/** Windows device names, also with superscript digits or with spaces before the extension. */
const DEVICE = /^(con|prn|aux|nul|(com|lpt)[\d¹²³]|conin\$|conout\$) *(\.|$)/i;

/** In characters. File systems allow 255 bytes, and a character can take four. */
const MAX_NAME_LENGTH = 58;

/** Turns the last part of an untrusted name into a file name that is safe on every system. */
export function harmlessName(foreign: string): string {
  const last = foreign.split(/[\\/]/).at(-1) ?? "";
  const harmless = last.replace(/[\p{Cc}\p{Cf}<>:"|?*]/gu, "_");
  // Neither truncation nor an invisible character may leave a dot at the start.
  const short = [...withoutDots(harmless)].slice(-MAX_NAME_LENGTH).join("");
  const visible = withoutDots(short) || "image";
  return isDeviceName(visible) ? `_${visible}` : visible;
}

/** Whether Windows opens a device instead of a file of this name, whatever its extension and its folder. */
export function isDeviceName(name: string): boolean {
  return DEVICE.test(name);
}

/** Windows drops trailing dots and spaces; a leading dot hides the file. */
function withoutDots(name: string): string {
  return name.replace(/^[. _]*\.[. _]*|^ +|[. ]+$/g, "");
}
