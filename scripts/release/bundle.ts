import { createHash } from "node:crypto";
import {
  cpSync,
  createWriteStream,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync
} from "node:fs";
import { tmpdir } from "node:os";
import { join, relative, sep } from "node:path";
import { pipeline } from "node:stream/promises";
import { ZipFile } from "yazl";
import { ROOT } from "../program.ts";
import { bundleManifest, ENTRY, ENTRY_CODE } from "./bundle-manifest.ts";
import { fetchKeyring } from "./keyring.ts";
import type { Project } from "./project.ts";
import type { Bundle } from "./server-json.ts";

const COPIED = ["bin", "dist", "skills", "LICENSE", "icon.png"];
/** The timestamp of every file in a bundle, so that the same files always make the same bundle. */
const TIME = new Date("1980-01-02T00:00:00Z");

/**
 * Creates the bundle from `bin` and `dist`, with the keychain binding for all platforms.
 * @param folder where to write it
 */
export async function writeBundle(project: Project, folder: string): Promise<Bundle & { bytes: number }> {
  const file = `${project.name}-${project.version}.mcpb`;
  const staging = mkdtempSync(join(tmpdir(), "bundle-"));
  try {
    for (const name of COPIED)
      cpSync(join(ROOT, name), join(staging, name), { recursive: true, filter: isShipped });
    writeFileSync(
      join(staging, "manifest.json"),
      `${JSON.stringify(bundleManifest(project), undefined, 2)}\n`
    );
    writeFileSync(
      join(staging, "package.json"),
      `${JSON.stringify({ name: project.name, version: project.version })}\n`
    );
    writeFileSync(join(staging, ENTRY), ENTRY_CODE);
    fetchKeyring(join(staging, "node_modules"));
    mkdirSync(folder, { recursive: true });
    await zip(staging, join(folder, file));
  } finally {
    rmSync(staging, { recursive: true, force: true });
  }
  const bytes = readFileSync(join(folder, file));
  return { file, bytes: bytes.length, sha256: createHash("sha256").update(bytes).digest("hex") };
}

function isShipped(path: string): boolean {
  return !path.endsWith(".map");
}

async function zip(folder: string, target: string): Promise<void> {
  const archive = new ZipFile();
  const names = readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((name) => statSync(join(folder, name)).isFile())
    .sort();
  for (const name of names) {
    const path = join(folder, name);
    archive.addBuffer(readFileSync(path), relative(folder, path).split(sep).join("/"), {
      mtime: TIME,
      mode: 0o100644
    });
  }
  archive.end();
  await pipeline(archive.outputStream, createWriteStream(target));
}
