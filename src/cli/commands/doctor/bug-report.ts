import { homedir, release, userInfo } from "node:os";
import { version } from "../../../../package.json";
import { SETTINGS } from "../../../config/definitions.ts";
import type { Deps } from "../../../deps.ts";
import { redact, stripControls } from "../../../log.ts";
import type { Line } from "./check.ts";

/** Settings whose values are left out. */
const WITHHELD = ["accessToken", "clientSecret", "clientId"];
/**
 * Variables that affect network access. Only their names are reported, since values may contain passwords.
 */
const VARIABLES = ["HTTPS_PROXY", "HTTP_PROXY", "NO_PROXY", "NODE_EXTRA_CA_CERTS", "IMGWIRE_CONFIG_DIR"];

/** Formats a bug report in Markdown, without secrets, the user name or the home folder. */
export function bugReport(lines: readonly Line[], deps: Deps): string {
  const { io, settings } = deps;
  const chosen = SETTINGS.map(({ key, env = key }) => {
    const value = settings[key];
    const shown = value === undefined ? "" : WITHHELD.includes(key) ? "set" : String(value);
    return [env, shown, settings.sources[key]];
  });
  const set = VARIABLES.filter((name) => io.env[name] ?? io.env[name.toLowerCase()]);
  const text = [
    "# imgwire doctor",
    "",
    `imgwire-mcp ${version}, Node ${process.versions.node}, ${io.platform} ${release()} ${process.arch}`,
    "",
    table(
      ["check", "status", "found", "what to do"],
      lines.map(({ title, status, message, fix }) => [title, status, message, fix ?? ""])
    ),
    "",
    table(["setting", "value", "from"], chosen),
    "",
    `Also set: ${set.join(", ") || "none of the proxy and certificate variables"}`,
    ""
  ].join("\n");
  return anonymous(stripControls(redact(text)));
}

function table(head: string[], rows: string[][]): string {
  const cell = (text: string): string => text.replace(/\s+/g, " ").replaceAll("|", "\\|");
  return [head, head.map(() => "---"), ...rows]
    .map((cells) => `| ${cells.map(cell).join(" | ")} |`)
    .join("\n");
}

function anonymous(text: string): string {
  const { username } = userInfo();
  const named = text.replaceAll(homedir(), "~");
  return username.length > 2
    ? named.replace(new RegExp(`([\\\\/])${escape(username)}(?=[\\\\/\\s]|$)`, "g"), "$1user")
    : named;
}

function escape(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
}
