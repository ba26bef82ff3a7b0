/**
 * Installs a release's tarball into an empty folder, as npx does, and starts the server once:
 *
 *     node scripts/release/try-tarball.js FOLDER
 *
 * Plain JavaScript, so that it runs on every version of Node before anything else is installed.
 */
import { execFileSync, spawn } from "node:child_process";
import { mkdtempSync, readdirSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";
import process from "node:process";

const source = resolve(process.argv[2] ?? "release");
const tarballs = readdirSync(source).filter((name) => name.endsWith(".tgz"));
if (tarballs.length !== 1) throw new Error(`${source} contains ${tarballs.length} tarballs instead of one.`);

const folder = mkdtempSync(join(tmpdir(), "tarball-"));
writeFileSync(join(folder, "package.json"), '{ "private": true }');
const install = ["install", "--no-audit", "--no-fund", "--prefer-offline", join(source, tarballs[0])];
execFileSync("npm", install, { cwd: folder, stdio: "inherit", shell: process.platform === "win32" });

const bin = join(folder, "node_modules", "imgwire-mcp", "bin");
const version = execFileSync(process.execPath, [join(bin, "imgwire.js"), "--version"], { encoding: "utf8" });
process.stdout.write(`imgwire ${version}`);

const server = spawn(process.execPath, [join(bin, "imgwire-mcp.js")], {
  env: { ...process.env, IMGWIRE_CONFIG_DIR: join(folder, "imgwire"), IMGWIRE_TOKEN_STORE: "memory" },
  stdio: ["pipe", "pipe", "inherit"]
});
const params = { protocolVersion: "2025-11-25", capabilities: {}, clientInfo: { name: "try", version: "1" } };
const ask = (id, method) => server.stdin.write(`${JSON.stringify({ jsonrpc: "2.0", id, method, params })}\n`);
ask(1, "initialize");
for await (const line of createInterface({ input: server.stdout })) {
  const { id, result } = JSON.parse(line);
  if (id === 1) ask(2, "tools/list");
  if (id !== 2) continue;
  if (!result.tools.some(({ name }) => name === "upload_image"))
    throw new Error("upload_image is not listed.");
  process.stdout.write(`${result.tools.length} tools on Node ${process.version}\n`);
  server.stdin.end();
}
