import { mkdtempSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Client } from "@modelcontextprotocol/client";
import { StdioClientTransport } from "@modelcontextprotocol/client/stdio";
import { parse as parseJsonc } from "jsonc-parser";
import { parse as parseToml } from "smol-toml";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { imgwire } from "../support/program.ts";
import { type Service, startService } from "../../sandbox/client/service.ts";
import { removeFolder } from "../support/folder.ts";

interface StdioEntry {
  command: string;
  args: string[];
  env?: Record<string, string>;
}

interface Installed {
  results: { file: string; change: string }[];
}

/** One agent per file format, with the key of its servers. */
const AGENTS = [
  ["claude-code", "mcpServers"],
  ["vscode", "servers"],
  ["codex", "mcp_servers"],
  ["zed", "context_servers"]
] as const;

let service: Service;
let home: string;
beforeAll(async () => {
  service = await startService("--auto-approve");
  home = mkdtempSync(join(tmpdir(), "imgwire-e2e-install-"));
});
afterAll(async () => {
  await service.stop();
  await removeFolder(home);
});

function readEntry(file: string, key: string): StdioEntry {
  const text = readFileSync(file, "utf8");
  const content: unknown = file.endsWith(".toml") ? parseToml(text) : parseJsonc(text);
  const entry = (content as Record<string, { imgwire?: StdioEntry }>)[key]?.imgwire;
  if (!entry) throw new Error(`There is no entry in ${file}.`);
  return entry;
}

describe("an installed entry", () => {
  it.each(AGENTS)(
    "starts the server from the entry of %s without a usable PATH, and lists the tools",
    async (client, key) => {
      const env = { HOME: home, PATH: process.env["PATH"] ?? "", IMGWIRE_MCP_URL: service.mcpUrl };
      const { code, stdout } = await imgwire(["install", client, "--json"], env);
      expect(code).toBe(0);
      const { results } = JSON.parse(stdout) as Installed;
      const { command, args, env: variables } = readEntry(results[0]?.file ?? "", key);

      const agent = new Client({ name: client, version: "1.0.0" });
      const given = { HOME: home, PATH: "/nowhere", ...variables };
      await agent.connect(new StdioClientTransport({ command, args, env: given, stderr: "inherit" }));
      const { tools } = await agent.listTools();
      await agent.close();
      expect(tools.map(({ name }) => name)).toEqual(expect.arrayContaining(["whoami", "upload_image"]));

      expect((await imgwire(["uninstall", client], env)).code).toBe(0);
    }
  );
});
