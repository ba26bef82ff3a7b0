import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { findAgent } from "../../src/agents/catalogue.ts";

const ROOT = join(import.meta.dirname, "../..");
const README = readFileSync(join(ROOT, "README.md"), "utf8");
const NPX = { command: "npx", args: ["-y", "imgwire-mcp"], env: {} };

/** Decodes a one-click link into the server's name and the command that starts it. */
function decode(link: string): { name: string; command: string; args: string[] } {
  const redirected = new URL(link).searchParams.get("url");
  if (redirected)
    return JSON.parse(decodeURIComponent(redirected.split("?")[1]!)) as ReturnType<typeof decode>;
  const query = new URL(link).searchParams;
  if (link.startsWith("goose:"))
    return { name: query.get("id")!, command: query.get("cmd")!, args: query.getAll("arg") };
  const config = query.get("config")!;
  const text = config.startsWith("{") ? config : Buffer.from(config, "base64").toString("utf8");
  return { name: query.get("name")!, ...(JSON.parse(text) as { command: string; args: string[] }) };
}

it.each(["VS Code", "VS Code Insiders", "Cursor", "Kiro", "LM Studio", "Goose"])(
  "has a button for %s in the README that installs the same entry as `imgwire install` [release.buttons]",
  (title) => {
    const button = new RegExp(`\\[!\\[Add to ${title}\\]\\([^)]+\\)\\]\\(([^)]+)\\)`).exec(README)?.[1];
    const link = button ?? new RegExp(`^${title}: [^\\n]+\\n\\n\`\`\`text\\n(\\S+)$`, "m").exec(README)?.[1];
    const { name, command, args } = decode(link!);
    expect(name).toBe("imgwire");
    const written = findAgent(title)!.stdioEntry(NPX);
    const started = [written["command"] ?? written["cmd"], written["args"]];
    expect([command, args]).toEqual(started);
  }
);

it("keeps the generated documentation and plugin manifests up to date [release.generated]", () => {
  for (const script of ["docs", "plugin"])
    execFileSync(process.execPath, ["--import", "tsx", `scripts/${script}.ts`, "--check"], { cwd: ROOT });
}, 120_000);
