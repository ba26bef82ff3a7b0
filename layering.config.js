/**
 * The rooms of `src` and the rooms that each may import from, in addition to itself. Imports point down; see
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
 * The folders of `src/mcp` and those that each may import from, in addition to itself. `server.ts` connects
 * them all and is imported by none. The two eras never import each other; they are reached from `server.ts`
 * and through the imports listed below.
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

/** Files of `src/mcp` that may import more than the rest of their folder, and why. */
export const MCP_EXCEPTIONS = {
  "hosted/client.ts": {
    may: ["era/legacy", "era/modern"],
    why: "picks the era that the server speaks and only then loads it"
  }
};

/** The top-level folders with TypeScript, and those that each may import from, in addition to itself. */
export const FOLDERS = {
  src: [],
  sandbox: [],
  scripts: ["src", "sandbox"],
  test: ["src", "sandbox", "scripts"]
};

/** External libraries and the one room that may import each. */
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
