/**
 * The rooms of `src` and the rooms each may import from, beside itself. Imports point down; see ARCHITECTURE.md.
 * `errors`, `log` and `authorization` are open to all.
 */
export const ROOMS = {
  system: [],
  config: ["system"],
  credentials: ["system"],
  transfer: ["system"],
  agents: ["system"],
  documents: ["system"],
  auth: ["system", "credentials"],
  mcp: ["system", "transfer"],
  cli: ["system", "config", "credentials", "transfer", "agents", "documents", "auth", "mcp", "deps"]
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
  parse5: "documents",
  "mdast-util-from-markdown": "documents",
  "mdast-util-gfm": "documents",
  "micromark-extension-gfm": "documents",
  "unist-util-visit": "documents",
  "@csstools/css-tokenizer": "documents",
  ignore: "documents",
  "jsonc-parser": "agents",
  "smol-toml": "agents",
  yaml: "agents"
};
