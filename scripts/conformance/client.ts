/**
 * The client that the suite starts for each client scenario: an agent built with the official SDK, with the
 * built `imgwire-mcp` between it and the suite's server. The suite appends the server's URL. `AGENT_ERA` sets
 * the agent's era, regardless of the scenario's era, and `PROGRAM_NODE` the Node that runs the program.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Client } from "@modelcontextprotocol/client";
import { StdioClientTransport } from "@modelcontextprotocol/client/stdio";
import { bin, BROWSER } from "../program.ts";

/** The suite's data for a client scenario. */
interface Context {
  client_id?: string;
  client_secret?: string;
  toolCalls?: { name: string; arguments: Record<string, unknown> }[];
}

/** The document that the suite's authorization servers know; it is never fetched. */
const CLIENT_METADATA_URL = "https://conformance-test.local/client-metadata.json";

const scenario = process.env["MCP_CONFORMANCE_SCENARIO"] ?? "";
const context = JSON.parse(process.env["MCP_CONFORMANCE_CONTEXT"] ?? "{}") as Context;
const folder = mkdtempSync(join(tmpdir(), "imgwire-conformance-"));
const client = createAgent();

try {
  const command = process.env["PROGRAM_NODE"] ?? process.execPath;
  const args = [bin("imgwire-mcp")];
  await client.connect(new StdioClientTransport({ command, args, env: settings() }));
  await play();
} finally {
  await client.close();
  rmSync(folder, { recursive: true, force: true });
}

function createAgent(): Client {
  const modern = process.env["AGENT_ERA"] === "modern";
  const agent = new Client(
    { name: "conformance-agent", version: "1.0.0" },
    {
      capabilities: capabilities(),
      versionNegotiation: { mode: modern ? { pin: "2026-07-28" } : "legacy" }
    }
  );
  if (scenario.startsWith("sep-2322"))
    agent.setRequestHandler("elicitation/create", () => ({ action: "accept", content: { confirmed: true } }));
  if (scenario.startsWith("elicitation"))
    agent.setRequestHandler("elicitation/create", () => ({ action: "accept", content: {} }));
  return agent;
}

function capabilities(): object {
  if (scenario === "request-metadata") return { roots: { listChanged: true }, sampling: {}, elicitation: {} };
  if (scenario.startsWith("elicitation")) return { elicitation: { form: { applyDefaults: true } } };
  return scenario.startsWith("sep-2322") ? { elicitation: {} } : {};
}

function settings(): Record<string, string> {
  return {
    PATH: process.env["PATH"] ?? "",
    HOME: folder,
    IMGWIRE_MCP_URL: process.argv.at(-1)!,
    IMGWIRE_CONFIG_DIR: folder,
    IMGWIRE_TOKEN_STORE: "file",
    IMGWIRE_CLIENT_METADATA_URL: CLIENT_METADATA_URL,
    IMGWIRE_LOG_LEVEL: process.env["IMGWIRE_LOG_LEVEL"] ?? "warn",
    BROWSER,
    ...(context.client_id && { IMGWIRE_CLIENT_ID: context.client_id }),
    ...(context.client_secret && { IMGWIRE_CLIENT_SECRET: context.client_secret })
  };
}

async function callAll(
  calls: readonly { name: string; arguments?: Record<string, unknown> }[]
): Promise<void> {
  for (const { name, arguments: args } of calls) await call(name, args);
}

/** Performs the scenario and throws if it can't. */
async function play(): Promise<void> {
  if (scenario.startsWith("auth/")) return signIn();
  const { tools } = await client.listTools();
  const names = tools.map(({ name }) => name);
  switch (scenario) {
    case "tools_call":
      return call("add_numbers", { a: 5, b: 3 });
    case "elicitation-sep1034-client-defaults":
      return call("test_client_elicitation_defaults");
    case "sse-retry":
      return call("test_reconnection");
    case "http-standard-headers":
      return useEverything();
    case "http-custom-headers":
      return callAll(context.toolCalls ?? []);
    case "http-invalid-tool-headers":
      return callAll(names.map((name) => ({ name, arguments: { region: "us-west1" } })));
    case "sep-2322-client-request-state":
      return callAll(
        ["echo_state", "no_state", "unrelated", "no_result_type"].map((name) => ({
          name: `test_mrtr_${name}`
        }))
      );
    default:
      return undefined;
  }
}

/**
 * Signs in with a call. Before it, the list may come from the catalogue; after it, it must be the server's.
 */
async function signIn(): Promise<void> {
  await client.listTools();
  await call("test-tool");
  const { tools } = await client.listTools();
  if (!tools.some(({ name }) => name === "test-tool")) throw new Error("The list is not the server's own.");
}

async function useEverything(): Promise<void> {
  const [{ tools }, { resources }, { prompts }] = [
    await client.listTools(),
    await client.listResources(),
    await client.listPrompts()
  ];
  for (const { name } of tools) await call(name);
  for (const { uri } of resources) await client.readResource({ uri });
  for (const { name } of prompts) await client.getPrompt({ name, arguments: {} });
}

async function call(name: string, args: Record<string, unknown> = {}): Promise<void> {
  const result = await client.callTool({ name, arguments: args });
  if (result.isError) throw new Error(`${name} failed: ${JSON.stringify(result.content)}`);
}
