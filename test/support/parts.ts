import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";

/** A program that some suites need. */
export interface Part {
  /** What the suites that need it test. */
  suites: string;
  /** The Debian package that contains it. */
  package: string;
  /** Its absolute path; undefined if it isn't installed. */
  path: string | undefined;
}

/** The programs, by name. A suite uses `describe.runIf(PARTS.chromium.path)`. */
export const PARTS = {
  chromium: {
    suites: "pages in a real browser",
    package: "chromium",
    path: find("chromium", "google-chrome")
  },
  keyring: { suites: "a real Secret Service", package: "gnome-keyring", path: find("gnome-keyring-daemon") },
  zsh: { suites: "completion in zsh", package: "zsh", path: find("zsh") },
  fish: { suites: "completion in fish", package: "fish", path: find("fish") },
  openssl: {
    suites: "https hosts behind a proxy",
    package: "openssl",
    path: find("openssl")
  },
  exiftool: {
    suites: "metadata read back by another program",
    package: "libimage-exiftool-perl",
    path: find("exiftool")
  },
  jq: { suites: "filters by jq", package: "jq", path: find("jq") },
  mandoc: { suites: "manual pages", package: "mandoc", path: find("mandoc") },
  heif: { suites: "the pixels of HEIC", package: "libheif-examples", path: find("heif-convert") },
  dbus: { suites: "a real Secret Service", package: "dbus", path: find("dbus-daemon") }
} satisfies Record<string, Part>;

function find(...names: string[]): string | undefined {
  const folders = (process.env["PATH"] ?? "").split(delimiter);
  return names.flatMap((name) => folders.map((folder) => join(folder, name))).find(isExecutable);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** Vitest's global setup: lists the suites that are skipped and why. With `CI` set, it fails instead. */
export default function setup(): void {
  const missing = Object.values(PARTS).filter((part) => part.path === undefined);
  if (missing.length === 0) return;
  const lines = missing.map((part) => `  - ${part.suites}: install ${part.package}`);
  const text = `Skipped on this machine:\n${lines.join("\n")}\n`;
  if (process.env["CI"]) throw new Error(text);
  process.stderr.write(text);
}
