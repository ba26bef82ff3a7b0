import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { PROGRAMS } from "../agents/programs.ts";
import { installed } from "../agents/run.ts";
import { type Planned, startStandIn } from "../agents/stand-in.ts";
import { Terminal } from "../terminal/terminal.ts";
import { type DrawnLine, linesOf, textOf } from "./lines.ts";
import type { Place } from "./session.ts";

const PROMPT = "Upload hero.jpg and give me Markdown with a 640-pixel WebP of it";
const CALLS: readonly Planned[] = [
  { tool: "upload_image", args: { path: "hero.jpg" } },
  {
    tool: "get_image_url",
    args: ([upload = ""]) => ({
      image_id: /\/([\da-f-]{36})\\*"/.exec(upload)?.[1],
      width: 640,
      format: "webp"
    })
  }
];
/** Lines that aren't part of the conversation: announcements, the input line, and the wait for the server. */
const AROUND = [
  /^[▎─⚠]|^❯\s*$|^ +[⏵◐●]/,
  /Wait For Servers|^ +connect\)|^ +assumed to be|^ +https:\/\/code\.claude/
];
/** Lines that start a new step of the animation. */
const APPEARS = /^(?:❯|●|✻| {2}Call)/;
const STEP_SECONDS = 0.8;
/** Claude Code accepts this as a key; the stand-in doesn't check it. */
const KEY = "sk-ant-api03-0000000000000000000000000";

/** A line of the conversation and when it appears, in seconds. */
export type TimedLine = DrawnLine & { at: number };

/**
 * Records a conversation with Claude Code, which starts the server that `imgwire setup` has added to its
 * configuration. A stand-in for its model follows a script; everything else is real.
 */
export async function converse(place: Place, columns: number): Promise<TimedLine[]> {
  const program = PROGRAMS.find(({ id }) => id === "claude-code")!;
  const claude = join(installed(program), program.program);
  const standIn = await startStandIn(CALLS, (received) => {
    const [url = ""] = /https?:[^"\\\s]+/.exec(received.at(-1) ?? "") ?? [];
    return `Done. It's on the CDN:\n\n\`\`\`\n![Sunset](${place.shown(url)})\n\`\`\``;
  });
  answerFirstQuestions(place);
  const terminal = new Terminal([claude, "--model", "scripted-model", "--allowedTools", "mcp__imgwire"], {
    columns,
    cwd: place.project,
    env: {
      ...place.env,
      ANTHROPIC_BASE_URL: standIn.url,
      ANTHROPIC_API_KEY: KEY,
      CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: "1",
      DISABLE_AUTOUPDATER: "1",
      ENABLE_TOOL_SEARCH: "false"
    }
  });
  try {
    await terminal.shows(/❯/);
    terminal.type(PROMPT);
    await terminal.shows(/WebP\s+of\s+it/);
    terminal.type("\r");
    await terminal.shows(/✻ \S+ for \d/);
    return timed(await linesOf(terminal, place.shown));
  } finally {
    terminal.close();
    await terminal.exited;
    standIn.close();
  }
}

/** Answers Claude Code's questions at its first start: whether to trust this folder and to use this key. */
function answerFirstQuestions({ home, project }: Place): void {
  const file = join(home, ".claude.json");
  const settings = JSON.parse(readFileSync(file, "utf8")) as Record<string, unknown>;
  const answers = {
    hasCompletedOnboarding: true,
    theme: "dark",
    customApiKeyResponses: { approved: [KEY.slice(-20)], rejected: [] },
    projects: { [project]: { hasTrustDialogAccepted: true, hasCompletedProjectOnboarding: true } }
  };
  writeFileSync(file, JSON.stringify({ ...settings, ...answers }));
}

/** Filters the lines of the conversation and adds the time at which each appears. */
function timed(lines: readonly DrawnLine[]): TimedLine[] {
  const kept = lines.filter((line) => !AROUND.some((pattern) => pattern.test(textOf(line))));
  const isBlank = (index: number): boolean => textOf(kept[index] ?? { runs: [] }).trim() === "";
  let at = 0;
  return kept
    .filter((_, index) => !isBlank(index) || !isBlank(index - 1))
    .map((line) => {
      if (APPEARS.test(textOf(line))) at += STEP_SECONDS;
      return { ...line, at };
    });
}
