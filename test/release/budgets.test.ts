import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { ownSize } from "../../scripts/bench/sizes.ts";
import { baseEnv } from "../support/program.ts";
import { removeFolder } from "../support/folder.ts";

const ROOT = join(import.meta.dirname, "../..");
const KB = 1_000;
const MB = 1_000_000;

/** What may not be exceeded. Raise a figure only with a reason in the commit that does. */
const BUDGETS = {
  filesBeforeFirstAnswer: 2,
  bytesBeforeFirstAnswer: 75 * KB,
  // 79 KB of it are the pages of MCP Apps, each complete in itself.
  dist: 3.7 * MB,
  tarball: 1_000 * KB,
  installed: 7.5 * MB,
  packages: 3
};

const folder = mkdtempSync(join(tmpdir(), "budgets-"));
afterAll(() => removeFolder(folder));

/**
 * Prints, when the process ends, the files of ours that were loaded by the time of the first write to stdout.
 */
const RECORDER = `
const loaded = () => Object.keys(require.cache).filter((path) => !path.endsWith("recorder.cjs"));
const write = process.stdout.write;
process.stdout.write = function (...args) {
  process.stdout.write = write;
  process.stderr.write(JSON.stringify(loaded()) + "\\n");
  return write.apply(this, args);
};
`;

it("loads few and small files before the first answer [release.budgets]", () => {
  const recorder = join(folder, "recorder.cjs");
  writeFileSync(recorder, RECORDER);
  const params = { protocolVersion: "2025-11-25", capabilities: {}, clientInfo: { name: "t", version: "1" } };
  const { stderr } = spawnSync(process.execPath, ["--require", recorder, join(ROOT, "bin/imgwire-mcp.js")], {
    env: baseEnv({ HOME: folder, IMGWIRE_CONFIG_DIR: folder }),
    input: `${JSON.stringify({ jsonrpc: "2.0", id: 0, method: "initialize", params })}\n`,
    encoding: "utf8"
  });
  const files = JSON.parse(stderr.split("\n", 1)[0]!) as string[];
  const bytes = files.reduce((sum, file) => sum + statSync(file).size, 0);
  expect(files.length).toBeGreaterThan(0);
  expect(files.length).toBeLessThanOrEqual(BUDGETS.filesBeforeFirstAnswer);
  expect(bytes).toBeLessThanOrEqual(BUDGETS.bytesBeforeFirstAnswer);
});

it("builds a small dist [release.budgets]", () => {
  const files = readdirSync(join(ROOT, "dist"), { recursive: true, withFileTypes: true });
  const bytes = files
    .filter((file) => file.isFile() && !file.name.endsWith(".map"))
    .reduce((sum, { parentPath, name }) => sum + statSync(join(parentPath, name)).size, 0);
  expect(bytes).toBeLessThanOrEqual(BUDGETS.dist);
});

it("packs a small tarball, and few packages are installed with it [release.budgets]", () => {
  const args = ["pack", "--ignore-scripts", "--silent", "--pack-destination", folder];
  const name = execFileSync("npm", args, { cwd: ROOT, encoding: "utf8" }).trim();
  expect(statSync(join(folder, name)).size).toBeLessThanOrEqual(BUDGETS.tarball);
  const { bytes, packages } = ownSize(ROOT);
  expect(packages).toBeLessThanOrEqual(BUDGETS.packages);
  expect(bytes).toBeLessThanOrEqual(BUDGETS.installed);
});
