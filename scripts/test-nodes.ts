/**
 * Runs the end-to-end tests of the built program on other versions of Node, downloaded from npm into a
 * temporary folder:
 *
 *     npm run test:nodes                        test/e2e on every version
 *     npm run test:nodes -- --node 24 test/mcp  other tests, or on one version
 */
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { parseArgs } from "node:util";
import { nodePackage, ROOT } from "./program.ts";

/** The minimum version and the later ones with long-term support. */
const VERSIONS = ["20", "22", "24", "26"];

const { values, positionals } = parseArgs({
  options: { node: { type: "string", multiple: true } },
  allowPositionals: true
});
const filters = positionals.length > 0 ? positionals : ["test/e2e"];
const folder = mkdtempSync(join(tmpdir(), "imgwire-nodes-"));
try {
  const failed = (values.node ?? VERSIONS).filter((version) => !passesOn(version));
  console.log(failed.length === 0 ? "Passed on every version." : `Failed on Node ${failed.join(", ")}.`);
  process.exitCode = failed.length === 0 ? 0 : 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}

/** Runs the tests, with vitest itself and every process that they start on this version. */
function passesOn(version: string): boolean {
  const node = fetchNode(version);
  console.log(`\n== Node ${execFileSync(node, ["--version"], { encoding: "utf8" }).trim()}`);
  const { status } = spawnSync(node, [join(ROOT, "node_modules/vitest/vitest.mjs"), "run", ...filters], {
    cwd: ROOT,
    stdio: "inherit",
    env: { ...process.env, PATH: [dirname(node), process.env["PATH"]].join(delimiter) }
  });
  return status === 0;
}

/**
 * Downloads the binary of Node, which is on npm for each platform.
 * @returns its path
 */
function fetchNode(version: string): string {
  const { name, source } = nodePackage(version);
  const isWindows = process.platform === "win32";
  const prefix = join(folder, version);
  const args = ["install", "--prefix", prefix, "--no-save", "--no-audit", "--no-fund", source];
  execFileSync("npm", args, {
    cwd: folder,
    stdio: ["ignore", "ignore", "inherit"],
    shell: isWindows
  });
  return join(prefix, "node_modules", name, "bin", isWindows ? "node.exe" : "node");
}
