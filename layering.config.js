/**
 * The rooms of `src` and the rooms each may import from, beside itself. Imports point down; see
 * ARCHITECTURE.md. `errors`, `log` and `authorization` are open to all.
 */
export const ROOMS = {
  system: [],
  apps: [],
  config: ["system"],
  credentials: ["system"],
  transfer: ["system"],
  agents: ["system"],
  documents: ["system"],
  auth: ["system", "credentials"],
  mcp: ["system", "transfer"],
  cli: ["system", "config", "credentials", "transfer", "agents", "documents", "auth", "mcp", "deps"]
};

/**
 * The folders of `src/mcp` and those each may import from, beside itself. `server.ts` wires them all and none
 * imports it. The two eras never import each other; they are reached by `server.ts` and by the imports named
 * below.
 */
export const MCP_FOLDERS = {
  protocol: [],
  calls: ["protocol"],
  service: ["protocol", "calls"],
  hosted: ["protocol", "calls"],
  environment: ["protocol", "calls", "service", "hosted"],
  local: ["protocol", "calls", "service", "environment"],
  tools: ["protocol", "calls", "hosted", "environment", "local"],
  agent: ["protocol", "calls", "hosted", "environment", "local", "tools"],
  "era/legacy": ["protocol", "calls", "hosted", "agent"],
  "era/modern": ["protocol", "calls", "hosted", "agent"]
};

/** Single files of `src/mcp` that may import more than their folder, and why. */
export const MCP_EXCEPTIONS = {
  "hosted/client.ts": {
    may: ["era/legacy", "era/modern"],
    why: "picks the era that the server speaks and only then loads it"
  }
};

/** The folders of TypeScript at the top level, and those each may import from, beside itself. */
export const FOLDERS = {
  src: [],
  sandbox: [],
  scripts: ["src", "sandbox"],
  test: ["src", "sandbox", "scripts"]
};

/** Outside libraries and the one room that may import each. */
export const LIBRARIES = {
  undici: "system",
  "ipaddr.js": "system",
  conf: "config",
  open: "system",
  oauth4webapi: "auth",
  "@napi-rs/keyring": "credentials",
  "eventsource-parser": "mcp",
  "file-type": "transfer",
  tinyglobby: "transfer",
  yauzl: "transfer",
  commander: "cli",
  "@clack/prompts": "cli",
  picocolors: "cli",
  diff: "cli",
  "fast-png": "cli",
  "fast-string-truncated-width": "cli",
  parse5: "documents",
  "mdast-util-from-markdown": "documents",
  "mdast-util-gfm": "documents",
  "micromark-extension-gfm": "documents",
  "micromark-extension-mdxjs": "documents",
  "mdast-util-mdx": "documents",
  "unist-util-visit": "documents",
  "@csstools/css-tokenizer": "documents",
  ignore: "documents",
  "jsonc-parser": "agents",
  "smol-toml": "agents",
  yaml: "agents"
};
