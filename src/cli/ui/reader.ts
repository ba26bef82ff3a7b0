import pc from "picocolors";
import type { Io } from "../../system/io.ts";
import { wrapColumnsOf } from "./columns.ts";

/** Who reads a command's output, and what can be shown to them. */
export interface Reader {
  /** Whether stdout is a terminal. */
  readonly terminal: boolean;
  /** Whether a person is watching stderr, so that spinners and progress bars make sense. */
  readonly interactive: boolean;
  /** Whether a person can be asked a question. */
  readonly canAsk: boolean;
  /** The width to wrap stdout at; see {@link wrapColumnsOf}. */
  readonly columns: number;
  /** Whether the terminal supports OSC 8 links. */
  readonly links: boolean;
  readonly color: ReturnType<typeof pc.createColors>;
}

/** Variables that coding agents set for the commands they run. */
const AGENT_VARIABLES = [
  "AI_AGENT",
  "AGENT",
  "CLAUDECODE",
  "CODEX_SANDBOX",
  "CODEX_THREAD_ID",
  "CURSOR_AGENT",
  "GEMINI_CLI",
  "OPENCODE"
];

/** Whether a coding agent runs this command. Agents read text and can't answer prompts. */
function runByAgent({ env }: Pick<Io, "env">): boolean {
  return AGENT_VARIABLES.some((name) => isOn(env[name]));
}

/** Whether this is a CI job, where nobody is watching. */
export function runByCi({ env }: Pick<Io, "env">): boolean {
  return isOn(env["CI"]);
}

/** Whether a person is watching stderr. */
function isWatched(io: Io): boolean {
  return io.stderr.isTTY === true && !runByAgent(io) && !runByCi(io);
}

/** Determines the reader. With `json` or `quiet`, only the answer is shown. */
export function readerOf(io: Io, { json, quiet }: { json: boolean; quiet: boolean }): Reader {
  const terminal = io.stdout.isTTY === true;
  const watched = !json && !quiet && isWatched(io);
  return {
    terminal,
    interactive: watched && io.env["TERM"] !== "dumb",
    canAsk: watched && terminal && io.stdin.isTTY === true,
    columns: wrapColumnsOf(io.stdout),
    links: terminal && !json && wantsColor(io) && showsLinks(io.env),
    color: pc.createColors(!json && wantsColor(io))
  };
}

/**
 * Whether to use colour, by the usual rules: `NO_COLOR`, `FORCE_COLOR`, `CLICOLOR_FORCE`, `CLICOLOR`, and a
 * terminal that isn't dumb.
 */
function wantsColor({ env, stdout }: Io): boolean {
  if (env["NO_COLOR"]) return false;
  if (env["FORCE_COLOR"] === "0") return false;
  if (env["FORCE_COLOR"] || isOn(env["CLICOLOR_FORCE"])) return true;
  return stdout.isTTY === true && env["TERM"] !== "dumb" && env["CLICOLOR"] !== "0";
}

/** There is no way to ask a terminal whether it supports links, so check its name. */
function showsLinks(env: Io["env"]): boolean {
  const named = ["iTerm.app", "WezTerm", "vscode", "ghostty", "Hyper", "WarpTerminal", "rio"];
  if (isOn(env["FORCE_HYPERLINK"])) return true;
  if (named.includes(env["TERM_PROGRAM"] ?? "")) return true;
  if (isOn(env["WT_SESSION"]) || isOn(env["KITTY_WINDOW_ID"]) || Number(env["VTE_VERSION"]) >= 5000)
    return true;
  return /^(xterm-kitty|xterm-ghostty|alacritty|foot)/.test(env["TERM"] ?? "");
}

/** Whether the value of a variable means "on". */
export function isOn(value: string | undefined): boolean {
  return value !== undefined && value !== "" && value !== "0" && value !== "false";
}
