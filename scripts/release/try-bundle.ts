import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { nodePackage } from "../program.ts";
import { ENTRY } from "./bundle-manifest.ts";

/** The versions of Node that a host may start a bundle with. */
const VERSIONS = ["20", "22", "24"];

/**
 * Unpacks and validates a bundle with the official tool, and starts the unpacked copy on each version of
 * Node.
 * @throws Error if the tool rejects the bundle or the server doesn't answer
 */
export function tryBundle(file: string): void {
  const folder = mkdtempSync(join(tmpdir(), "try-bundle-"));
  const unpacked = join(folder, "unpacked");
  const mcpb = (...args: string[]): void => {
    execFileSync("npx", ["-y", "@anthropic-ai/mcpb", ...args], { cwd: folder, stdio: "inherit" });
  };
  try {
    mcpb("unpack", file, unpacked);
    mcpb("validate", join(unpacked, "manifest.json"));
    for (const version of VERSIONS) console.log(`Node ${version}: ${initialize(unpacked, version, folder)}`);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** @returns a line with the name and version from the server's response */
function initialize(bundle: string, version: string, home: string): string {
  const params = {
    protocolVersion: "2025-11-25",
    capabilities: {},
    clientInfo: { name: "try", version: "1" }
  };
  const request = { jsonrpc: "2.0", id: 1, method: "initialize", params };
  const { source } = nodePackage(version);
  const args = ["exec", "--yes", `--package=${source}`, "--", "node", join(bundle, ENTRY), home];
  const output = execFileSync("npm", args, {
    input: `${JSON.stringify(request)}\n`,
    encoding: "utf8",
    env: { ...process.env, IMGWIRE_CONFIG_DIR: join(home, "config"), IMGWIRE_TOKEN_STORE: "memory" },
    stdio: ["pipe", "pipe", "inherit"]
  });
  const { result } = JSON.parse(output.split("\n", 1)[0]!) as {
    result: { serverInfo: { name: string; version: string } };
  };
  return `${result.serverInfo.name} ${result.serverInfo.version} answers`;
}
