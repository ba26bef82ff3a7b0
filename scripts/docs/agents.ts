import { AGENTS, findAgent } from "../../src/agents/catalogue.ts";
import { type Agent, ENTRY_NAME, foldersOf } from "../../src/agents/agent.ts";
import { markdownTable } from "../markdown.ts";

/** The command that starts the published program without installing it first. */
const NPX = { command: "npx", args: ["-y", "imgwire-mcp"], env: {} };
/** The agents whose entries are in the README; docs/agents.md has all of them. */
const SHOWN = ["claude-code", "codex", "cursor", "vscode", "gemini", "claude-desktop", "opencode", "zed"];
/** GitHub removes links with a scheme such as VS Code's; this page by Microsoft forwards to them. */
const REDIRECT = "https://insiders.vscode.dev/redirect?url=";
const HOME = foldersOf({ platform: "linux", home: "~", env: {} });

/** One-click links, for agents that support them. */
export function buttons(): string {
  const linked = AGENTS.filter(({ link }) => link !== undefined);
  const all = linked.map(({ title, link }) => ({ title, url: link!(NPX) }));
  const clickable = all.map(({ title, url }) => ({
    title,
    url: url.startsWith("vscode") ? REDIRECT + encodeURIComponent(url) : url
  }));
  const web = clickable.filter(({ url }) => url.startsWith("https:"));
  const others = clickable.filter(({ url }) => !url.startsWith("https:"));
  return [
    web.map(({ title, url }) => `[![Add to ${title}](${badge(title)})](${url})`).join("\n"),
    ...others.map(
      ({ title, url }) =>
        `<details><summary>${title}</summary>\n\n${title}: open this link.\n\n\`\`\`text\n${url}\n\`\`\`\n\n</details>`
    )
  ].join("\n\n");
}

function badge(title: string): string {
  const name = encodeURIComponent(title.replaceAll("-", "--")).replaceAll("%20", "_");
  return `https://img.shields.io/badge/Add_to-${name}-0b6e5f?style=for-the-badge`;
}

/** Entries to paste for the most popular agents, each in a collapsed section. */
export function entries(): string {
  return SHOWN.map((id) => findAgent(id))
    .filter((agent) => agent !== undefined)
    .map((agent) => `<details><summary>${agent.title}</summary>\n\n${entry(agent)}\n\n</details>`)
    .join("\n\n");
}

/** A table of every agent that `install` supports. */
export function agents(): string {
  const rows = AGENTS.map((agent) => {
    const skills = agent.skills?.user(HOME);
    const files = [agent.userFiles?.(HOME)[0], agent.projectFiles?.[0], skills].map((file) =>
      file ? `\`${file}\`` : "none"
    );
    return [`[${agent.title}](${agent.docs})`, `\`${agent.id}\``, ...files, agent.checked];
  });
  const head = ["agent", "name", "user's file", "project's file", "user's skills", "checked"];
  const sections = AGENTS.map((agent) => `### ${agent.title}\n\n${entry(agent)}`);
  return [markdownTable(head, rows), "## Entries to paste", ...sections].join("\n\n");
}

function entry(agent: Agent): string {
  const file = agent.userFiles?.(HOME)[0] ?? agent.projectFiles?.[0] ?? "";
  const text = agent.format.edit("", [...agent.servers, ENTRY_NAME], agent.stdioEntry(NPX)).trim();
  const language = /\.(\w+)$/.exec(file)?.[1] ?? "json";
  return `\`${file}\`\n\n\`\`\`${language === "jsonc" ? "json" : language}\n${text}\n\`\`\``;
}
