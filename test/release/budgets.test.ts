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

/** Upper limits. A commit that raises one gives the reason. */
const BUDGETS = {
  filesBeforeFirstAnswer: 2,
  // Identifiers are not minified, so plainer names take more space.
  bytesBeforeFirstAnswer: 77 * KB,
  // Includes 79 KB of MCP Apps pages, each a self-contained file.
  dist: 3.7 * MB,
  tarball: 1_000 * KB,
  installed: 7.5 * MB,
  packages: 3
};

const folder = mkdtempSync(join(tmpdir(), "budgets-"));
afterAll(() => removeFolder(folder));

/** Prints, at the first write to stdout, which files and which modules of Node have been loaded by then. */
const RECORDER = `
const fs = require("node:fs");
const { writeSync } = fs;
fs.writeSync = function (...args) {
  fs.writeSync = writeSync;
  const files = Object.keys(require.cache).filter((path) => !path.endsWith("recorder.cjs"));
  writeSync(2, JSON.stringify({ files, modules: process.moduleLoadList }) + "\\n");
  return writeSync.apply(this, args);
};
`;

/** The modules of stdin's and stdout's streams, which take Node longer to load than the rest of the start. */
const STREAMS = ["NativeModule net", "NativeModule stream", "NativeModule tty"];

// On Windows the first answer goes through the stream.
it.skipIf(process.platform === "win32")(
  "loads few and small files and no stream before the first answer [release.budgets]",
  () => {
    const recorder = join(folder, "recorder.cjs");
    writeFileSync(recorder, RECORDER);
    const params = {
      protocolVersion: "2025-11-25",
      capabilities: {},
      clientInfo: { name: "t", version: "1" }
    };
    const { stderr } = spawnSync(
      process.execPath,
      ["--require", recorder, join(ROOT, "bin/imgwire-mcp.js")],
      {
        env: baseEnv({ HOME: folder, IMGWIRE_CONFIG_DIR: folder }),
        input: `${JSON.stringify({ jsonrpc: "2.0", id: 0, method: "initialize", params })}\n`,
        encoding: "utf8"
      }
    );
    const { files, modules } = JSON.parse(stderr.split("\n", 1)[0]!) as {
      files: string[];
      modules: string[];
    };
    const bytes = files.reduce((sum, file) => sum + statSync(file).size, 0);
    expect(files.length).toBeGreaterThan(0);
    expect(files.length).toBeLessThanOrEqual(BUDGETS.filesBeforeFirstAnswer);
    expect(bytes).toBeLessThanOrEqual(BUDGETS.bytesBeforeFirstAnswer);
    expect(modules.filter((name) => STREAMS.includes(name))).toEqual([]);
  }
);

it("runs a local command without Node's modules for processes, cryptography and the network [release.budgets]", () => {
  const recorder = join(folder, "exit-recorder.cjs");
  writeFileSync(
    recorder,
    'process.on("exit", () => process.stderr.write(JSON.stringify(process.moduleLoadList)));'
  );
  const args = ["--require", recorder, join(ROOT, "bin/imgwire.js"), "profile", "list"];
  const env = baseEnv({ HOME: folder, IMGWIRE_CONFIG_DIR: folder });
  const { stdout, stderr } = spawnSync(process.execPath, args, { env, encoding: "utf8" });
  expect(stdout).toContain("default");
  const modules = JSON.parse(stderr) as string[];
  const heavy = ["child_process", "crypto", "http", "tls"].map((name) => `NativeModule ${name}`);
  expect(modules.filter((name) => heavy.includes(name))).toEqual([]);
});

it("builds a small dist [release.budgets]", () => {
  const files = readdirSync(join(ROOT, "dist"), { recursive: true, withFileTypes: true });
  const bytes = files
    .filter((file) => file.isFile() && !file.name.endsWith(".map"))
    .reduce((sum, { parentPath, name }) => sum + statSync(join(parentPath, name)).size, 0);
  expect(bytes).toBeLessThanOrEqual(BUDGETS.dist);
});

it("packs a small tarball that installs few packages [release.budgets]", () => {
  const args = ["pack", "--ignore-scripts", "--silent", "--pack-destination", folder];
  const name = execFileSync("npm", args, { cwd: ROOT, encoding: "utf8" }).trim();
  expect(statSync(join(folder, name)).size).toBeLessThanOrEqual(BUDGETS.tarball);
  const { bytes, packages } = ownSize(ROOT);
  expect(packages).toBeLessThanOrEqual(BUDGETS.packages);
  expect(bytes).toBeLessThanOrEqual(BUDGETS.installed);
});
