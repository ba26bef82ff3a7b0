import { Client, StreamableHTTPClientTransport } from "@modelcontextprotocol/client";
import type { LocalCallContext } from "../../src/mcp/local/local-tool.ts";
import { startSandbox, type Sandbox } from "../../sandbox/sandbox.ts";
import type { SandboxOptions } from "../../sandbox/options.ts";
import { signIn } from "../../sandbox/client/oauth.ts";

/** A sandbox that the official MCP client is signed in to. */
export interface OfflineService {
  sandbox: Sandbox;
  client: Client;
  /** The context of a local tool's call that reaches hosted tools through the official client. */
  context(more?: Partial<LocalCallContext>): Promise<LocalCallContext>;
  close(): Promise<void>;
}

export async function startOfflineService(options: Partial<SandboxOptions> = {}): Promise<OfflineService> {
  const sandbox = await startSandbox({ autoApprove: true, processingMs: 0, ...options });
  const { accessToken } = await signIn(sandbox);
  const client = new Client({ name: "test", version: "0" });
  const headers = { authorization: `Bearer ${accessToken}` };
  await client.connect(
    new StreamableHTTPClientTransport(new URL(sandbox.mcpUrl), { requestInit: { headers } })
  );
  return {
    sandbox,
    client,
    async context(more = {}) {
      const { tools } = await client.listTools();
      return {
        hosted: {
          list: () => Promise.resolve(tools),
          call: (name, args, { signal } = {}) =>
            client.callTool({ name, arguments: args }, signal ? { signal } : {})
        },
        hostedTools: () => Promise.resolve(new Map(tools.map((tool) => [tool.name, tool]))),
        signal: new AbortController().signal,
        progress: () => undefined,
        roots: () => Promise.resolve([]),
        takesLinks: true,
        elicit: undefined,
        ...more
      };
    },
    async close() {
      await client.close();
      await sandbox.close();
    }
  };
}
