/**
 * Publishes sites of six generators, as included in npm packages, to the sandbox: `npm run sites`. Each tree
 * is published, compared with other parsers (markdown-it and parse5), checked, and undone, which must restore
 * every byte. Packages are downloaded into a cache.
 */
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { signIn } from "../sandbox/client/oauth.ts";
import { startSandbox } from "../sandbox/sandbox.ts";
import { bin, ROOT } from "./program.ts";
import { differences } from "./sites/rendered.ts";

const CACHE = join(ROOT, "node_modules/.cache/sites");
const LOCK = "imgwire.lock.json";

interface Site {
  generator: string;
  package: string;
  folder: string;
  /** The folders that a leading `/` refers to, if the package includes no configuration that says so. */
  roots?: readonly string[];
  /** The minimum number of references that must be rewritten to the CDN. */
  atLeast: number;
}

/** Documentation and templates from npm packages. */
const SITES: readonly Site[] = [
  {
    generator: "Docusaurus",
    package: "create-docusaurus@3.10.2",
    folder: "templates",
    roots: ["shared/static"],
    atLeast: 4
  },
  {
    generator: "VuePress",
    package: "create-vuepress-theme-hope@2.0.0-rc.109",
    folder: "template/blog",
    roots: ["config/base/public"],
    atLeast: 4
  },
  { generator: "Storybook", package: "create-storybook@10.6.2", folder: "rendererAssets", atLeast: 10 },
  { generator: "YUIDoc", package: "yuidocjs@0.10.2", folder: "output", atLeast: 54 },
  { generator: "ESDoc", package: "esdoc-publish-html-plugin@1.1.2", folder: "out", atLeast: 2 },
  { generator: "apiDoc", package: "apidoc@0.17.6", folder: "template", atLeast: 1 }
];

/** Downloads and unpacks a package once. */
function download(name: string): string {
  const folder = join(CACHE, name.replaceAll(/[/@]/g, "_"));
  if (existsSync(join(folder, "package"))) return join(folder, "package");
  mkdirSync(folder, { recursive: true });
  const packed = spawnSync("npm", ["pack", name, "--silent"], { cwd: folder, encoding: "utf8" });
  if (packed.status !== 0) throw new Error(`${name} can't be downloaded: ${packed.stderr}`);
  spawnSync("tar", ["-xzf", packed.stdout.trim().split("\n").at(-1) ?? ""], { cwd: folder });
  return join(folder, "package");
}

/** Reads every file of a tree as bytes, except the lock file. */
function bytesOf(folder: string): Map<string, Buffer> {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((each) =>
    each.isFile()
  );
  const paths = entries
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((path) => !path.endsWith(LOCK));
  return new Map(paths.sort().map((path) => [path, readFileSync(path)]));
}

function changedBetween(before: Map<string, Buffer>, after: Map<string, Buffer>): string[] {
  const paths = new Set([...before.keys(), ...after.keys()]);
  return [...paths].filter((path) => !after.get(path)?.equals(before.get(path) ?? Buffer.from("\0gone")));
}

const sandbox = await startSandbox({ autoApprove: true });
const home = realpathSync(mkdtempSync(join(tmpdir(), "imgwire-sites-")));
const { accessToken } = await signIn(sandbox);
const env = {
  PATH: process.env["PATH"] ?? "",
  HOME: home,
  IMGWIRE_CONFIG_DIR: home,
  IMGWIRE_MCP_URL: sandbox.mcpUrl,
  IMGWIRE_ACCESS_TOKEN: accessToken
};

async function publish(
  cwd: string,
  args: readonly string[]
): Promise<{ code: number | null; stdout: string; stderr: string }> {
  const child = spawn(process.execPath, [bin("imgwire"), "publish", ".", ...args], {
    cwd,
    env
  });
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr), once(child, "exit")]);
  return { code: child.exitCode, stdout, stderr };
}

/** Tests one site. @returns the problems, and how many references in how many documents were rewritten */
async function trySite(
  site: Site,
  project: string
): Promise<{ wrong: string[]; references: number; documents: number }> {
  const roots = (site.roots ?? []).flatMap((root) => ["--root", root]);
  const before = bytesOf(project);
  const first = await publish(project, [...roots, "--allow-missing"]);
  const published = bytesOf(project);
  const documents = changedBetween(before, published);
  const wrong = first.code === 0 ? [] : [`exit code ${first.code}: ${first.stderr.slice(-300)}`];
  let references = 0;
  for (const path of documents) {
    const found = differences(
      String(before.get(path)),
      String(published.get(path)),
      path,
      new URL(sandbox.cdnUrl).origin
    );
    references += found.references;
    wrong.push(...found.wrong);
  }
  if (references < site.atLeast) wrong.push(`only ${references} references were rewritten`);
  await publish(project, [...roots, "--allow-missing"]);
  if (changedBetween(published, bytesOf(project)).length > 0) wrong.push("a second run changed documents");
  const check = await publish(project, [...roots, "--allow-missing", "--check"]);
  if (check.code !== 0) wrong.push(`--check exits with ${check.code}`);
  await publish(project, [...roots, "--undo"]);
  const left = changedBetween(before, bytesOf(project));
  if (left.length > 0) wrong.push(`not restored: ${left.join(", ")}`);
  return { wrong, references, documents: documents.length };
}

let failed = 0;
try {
  for (const site of SITES) {
    const project = realpathSync(mkdtempSync(join(tmpdir(), "imgwire-site-")));
    cpSync(join(download(site.package), site.folder), project, { recursive: true });
    const { wrong, references, documents } = await trySite(site, project);
    const total = `${references} references in ${documents} documents`;
    console.log(
      `${site.generator.padEnd(11)} ${site.package.padEnd(40)} ${total}; ${wrong.length > 0 ? "FAILED" : "restored by --undo"}`
    );
    for (const each of wrong) console.log(`  ${each}`);
    if (wrong.length > 0) failed += 1;
    rmSync(project, { recursive: true, force: true });
  }
} finally {
  await sandbox.close();
  rmSync(home, { recursive: true, force: true });
}
process.exitCode = failed === 0 ? 0 : 1;
