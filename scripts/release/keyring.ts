import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ROOT } from "../program.ts";

/** The keychain binding and its native packages for the platforms that support bundles. */
const PACKAGES = [
  "@napi-rs/keyring",
  "@napi-rs/keyring-darwin-arm64",
  "@napi-rs/keyring-darwin-x64",
  "@napi-rs/keyring-win32-x64-msvc",
  "@napi-rs/keyring-win32-arm64-msvc",
  "@napi-rs/keyring-linux-x64-gnu",
  "@napi-rs/keyring-linux-arm64-gnu"
];

interface Lock {
  packages: Record<string, { version: string; integrity: string } | undefined>;
}

/**
 * Downloads the binding for every platform from npm and unpacks it into a `node_modules` folder.
 * @throws Error if a package doesn't match package-lock.json
 */
export function fetchKeyring(nodeModules: string): void {
  const lock = JSON.parse(readFileSync(join(ROOT, "package-lock.json"), "utf8")) as Lock;
  const folder = mkdtempSync(join(tmpdir(), "keyring-"));
  try {
    for (const name of PACKAGES) {
      const locked = lock.packages[`node_modules/${name}`];
      if (!locked) throw new Error(`package-lock.json doesn't list ${name}.`);
      unpack(fetch(name, locked.version, locked.integrity, folder), join(nodeModules, name));
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** @returns the path of the tarball */
function fetch(name: string, version: string, integrity: string, folder: string): string {
  const args = ["pack", `${name}@${version}`, "--prefer-offline", "--ignore-scripts", "--silent"];
  const output = execFileSync("npm", [...args, "--pack-destination", folder], {
    cwd: folder,
    encoding: "utf8"
  });
  const tarball = join(folder, output.trim().split("\n").at(-1)!);
  const found = `sha512-${createHash("sha512").update(readFileSync(tarball)).digest("base64")}`;
  if (found !== integrity)
    throw new Error(`${name}@${version} doesn't match its integrity in package-lock.json.`);
  return tarball;
}

function unpack(tarball: string, folder: string): void {
  mkdirSync(folder, { recursive: true });
  execFileSync("tar", ["-xzf", tarball, "-C", folder, "--strip-components", "1"]);
}
