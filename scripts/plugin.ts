/**
 * Writes the plugin folder and the manifests for agents, extension galleries and the MCP registry. They are
 * generated from package.json and the program's settings; the folder also has the skill and the icon.
 *
 *     npm run plugin              writes dist-plugin/, and the manifests to the repository's root
 *     npm run plugin -- --check   fails if the committed files are out of date
 */
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { format } from "prettier";
import sharp from "sharp";
import { manifests } from "./plugin/manifests.ts";
import { ROOT } from "./program.ts";
import { readProject } from "./release/project.ts";
import { serverJson } from "./release/server-json.ts";

const PLUGIN = join(ROOT, "dist-plugin");

const project = readProject();
const files = new Map<string, string | Buffer>([["icon.png", await icon()]]);
for (const [path, content] of Object.entries(manifests(project))) files.set(path, await json(content));

if (process.argv.includes("--check")) check(await rootFiles());
else {
  write(ROOT, await rootFiles());
  rmSync(PLUGIN, { recursive: true, force: true });
  write(PLUGIN, files);
  cpSync(join(import.meta.dirname, "plugin/README.md"), join(PLUGIN, "README.md"));
  cpSync(join(ROOT, "LICENSE"), join(PLUGIN, "LICENSE"));
  cpSync(join(ROOT, "skills"), join(PLUGIN, "skills"), { recursive: true });
}

/**
 * The files in the repository's root: package.json with links that match its `repository`, the registry's
 * entry, and the plugin's files.
 */
async function rootFiles(): Promise<ReadonlyMap<string, string | Buffer>> {
  const manifest = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as object;
  const links = { homepage: project.homepage, bugs: { url: project.issues } };
  return new Map([
    ["package.json", `${JSON.stringify({ ...manifest, ...links }, undefined, 2)}\n`],
    ["server.json", await json(serverJson(project))],
    ...files
  ]);
}

function check(expected: ReadonlyMap<string, string | Buffer>): void {
  const stale = [...expected].filter(([path, content]) => {
    const file = join(ROOT, path);
    return !existsSync(file) || !readFileSync(file).equals(Buffer.from(content));
  });
  if (stale.length === 0) return;
  console.error(`Out of date: ${stale.map(([path]) => path).join(", ")}. Run \`npm run plugin\`.`);
  process.exitCode = 1;
}

function write(folder: string, contents: ReadonlyMap<string, string | Buffer>): void {
  for (const [path, content] of contents) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), content);
  }
}

function icon(): Promise<Buffer> {
  const drawing = join(import.meta.dirname, "plugin/icon.svg");
  return sharp(drawing).png({ compressionLevel: 9, palette: true }).toBuffer();
}

function json(content: object): Promise<string> {
  return format(JSON.stringify(content), { parser: "json", printWidth: 110, objectWrap: "preserve" });
}
