import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Client } from "@modelcontextprotocol/client";
import { StdioClientTransport } from "@modelcontextprotocol/client/stdio";

/**
 * The client that the conformance suite starts for each of its client scenarios: the official SDK on stdio, with the
 * built `imgwire-mcp` between it and the suite's server. The last argument is the server's URL; `AGENT_ERA` says in
 * which era the SDK speaks, whatever era the scenario is about.
 */
const ROOT = join(import.meta.dirname, "..");
const url = process.argv.at(-1)!;
const scenario = process.env["MCP_CONFORMANCE_SCENARIO"] ?? "";
const context = JSON.parse(process.env["MCP_CONFORMANCE_CONTEXT"] ?? "{}") as {
  client_id?: string;
  client_secret?: string;
  toolCalls?: { name: string; arguments: Record<string, unknown> }[];
};
const modern = process.env["AGENT_ERA"] === "modern";
const folder = mkdtempSync(join(tmpdir(), "conformance-"));

const client = new Client(
  { name: "conformance-client", version: "1.0.0" },
  {
    capabilities: capabilitiesFor(scenario),
    versionNegotiation: { mode: modern ? { pin: "2026-07-28" } : "legacy" }
  }
);
if (scenario.includes("elicitation") || scenario.startsWith("sep-2322")) {
  const content = scenario.startsWith("sep-2322") ? { confirmed: true } : {};
  client.setRequestHandler("elicitation/create", () => ({ action: "accept" as const, content }));
}

try {
  await client.connect(
    new StdioClientTransport({
      command: process.env["IMGWIRE_NODE"] ?? process.execPath,
      args: [join(ROOT, "bin/imgwire-mcp.js")],
      env: settings()
    })
  );
  await play();
  await client.close();
} finally {
  rmSync(folder, { recursive: true, force: true });
}

function settings(): Record<string, string> {
  return {
    PATH: process.env["PATH"] ?? "",
    HOME: folder,
    IMGWIRE_MCP_URL: url,
    IMGWIRE_CONFIG_DIR: folder,
    IMGWIRE_TOKEN_STORE: "memory",
    IMGWIRE_CLIENT_METADATA_URL: "https://conformance-test.local/client-metadata.json",
    IMGWIRE_LOG_LEVEL: process.env["IMGWIRE_LOG_LEVEL"] ?? "warn",
    BROWSER: join(ROOT, "test/support/visit.js"),
    ...(context.client_id && { IMGWIRE_CLIENT_ID: context.client_id }),
    ...(context.client_secret && { IMGWIRE_CLIENT_SECRET: context.client_secret })
  };
}

function capabilitiesFor(name: string): object {
  if (name === "request-metadata") return { roots: { listChanged: true }, sampling: {}, elicitation: {} };
  if (name === "elicitation-sep1034-client-defaults")
    return { elicitation: { form: { applyDefaults: true } } };
  return name.startsWith("sep-2322") ? { elicitation: {} } : {};
}

/** Does what the scenario wants to see done. */
async function play(): Promise<void> {
  const { tools } = await client.listTools();
  switch (scenario) {
    case "tools_call":
      return call("add_numbers", { a: 5, b: 3 });
    case "elicitation-sep1034-client-defaults":
      return call("test_client_elicitation_defaults");
    case "sse-retry":
      return call("test_reconnection");
    case "http-standard-headers":
      return readEverything(tools[0]?.name);
    case "http-custom-headers":
      for (const { name, arguments: args } of context.toolCalls ?? []) await call(name, args);
      return undefined;
    case "http-invalid-tool-headers":
      for (const { name } of tools) await call(name, { region: "us-west1" }).catch(() => undefined);
      return undefined;
    case "sep-2322-client-request-state":
      for (const name of ["echo_state", "no_state", "unrelated"]) await call(`test_mrtr_${name}`);
      return call("test_mrtr_no_result_type").catch(() => undefined);
    default:
      return scenario.startsWith("auth/") ? call("test-tool") : undefined;
  }
}

async function call(name: string, args: Record<string, unknown> = {}): Promise<void> {
  const result = await client.callTool({ name, arguments: args });
  process.stderr.write(`${name}: ${JSON.stringify(result)}\n`);
  if (result.isError) throw new Error(`${name} failed`);
}

async function readEverything(tool: string | undefined): Promise<void> {
  if (tool) await call(tool);
  const { resources } = await client.listResources();
  if (resources[0]) await client.readResource({ uri: resources[0].uri });
  const { prompts } = await client.listPrompts();
  if (prompts[0]) await client.getPrompt({ name: prompts[0].name, arguments: {} });
}
