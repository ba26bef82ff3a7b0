import { DEFAULT_URL } from "../../src/config/definitions.ts";
import type { Project } from "../release/project.ts";

/** The command with which every agent starts the published program. */
const STDIO = { command: "npx", args: ["-y", "imgwire-mcp"] } as const;
/** The name of the entry, the plugin and the skill. */
const NAME = "imgwire";
const TITLE = "Imgwire";
const WEBSITE = "https://imgwire.dev";
const SUMMARY = "Upload images from disk, get CDN URLs, and manage image delivery with Imgwire.";

/** Returns the manifests by path, relative to the plugin's folder or the repository's root. */
export function manifests(project: Project): Record<string, object> {
  return {
    // Agent Plugins 1.0 allows no other members.
    "plugin.json": {
      $schema: "https://agent-plugins.org/schemas/1.0.0/plugin.schema.json",
      ...about(project)
    },
    "mcp.json": {
      $schema: "https://agent-plugins.org/schemas/1.0.0/mcp.schema.json",
      mcpServers: { [NAME]: { type: "stdio", ...STDIO } }
    },
    ".mcp.json": { mcpServers: { [NAME]: STDIO } },
    ".claude-plugin/plugin.json": claudePlugin(project),
    ".claude-plugin/marketplace.json": {
      name: NAME,
      description: SUMMARY,
      owner: { name: project.author },
      plugins: [{ name: NAME, source: "./", description: SUMMARY }]
    },
    ".codex-plugin/plugin.json": codexPlugin(project),
    "gemini-extension.json": geminiExtension(project)
  };
}

function about({ version, author, repository, homepage, license, keywords }: Project) {
  return {
    name: NAME,
    version,
    description: SUMMARY,
    author: { name: author },
    homepage,
    repository,
    license,
    keywords
  };
}

function claudePlugin(project: Project): object {
  return {
    ...about(project),
    displayName: TITLE,
    icon: "./icon.png",
    mcpServers: "./.mcp.json",
    skills: "./skills/",
    network: { hosts: hosts() }
  };
}

function codexPlugin(project: Project): object {
  return {
    ...about(project),
    mcpServers: "./.mcp.json",
    skills: "./skills/",
    interface: {
      displayName: TITLE,
      shortDescription: "Upload images and get CDN URLs",
      longDescription:
        "Uploads the images on your disk to Imgwire and returns CDN URLs that resize and convert on the fly. " +
        "Signs you in once per machine and keeps the sign-in in the system keychain.",
      developerName: project.author,
      category: "Productivity",
      capabilities: ["Read", "Write"],
      websiteURL: WEBSITE,
      defaultPrompt: [
        "Upload docs/hero.png and give me a 640-pixel-wide WebP",
        "Move the images in README.md to the CDN",
        "How much of my Imgwire plan have I used?"
      ],
      brandColor: "#0B6E5F",
      composerIcon: "./icon.png",
      logo: "./icon.png"
    }
  };
}

function geminiExtension({ version }: Project): object {
  return {
    name: NAME,
    version,
    description: SUMMARY,
    mcpServers: { [NAME]: STDIO }
  };
}

/** The hosts that the program contacts. The authorization server is named in the hosted server's metadata. */
function hosts(): string[] {
  return [new URL(DEFAULT_URL).hostname, "*.imgwire.dev"];
}
