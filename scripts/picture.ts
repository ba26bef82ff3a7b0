/**
 * Records terminal sessions of the built program with the sandbox and draws them for the documentation:
 *
 *     npm run picture               writes docs/agent.svg, docs/demo.svg and docs/pictures/*.svg
 *     npm run picture -- agent      writes only docs/agent.svg, with Claude Code installed into a cache
 *     npm run picture -- list show  writes only these pictures
 *
 * The pictures show what the program and Claude Code printed. Only addresses and paths are replaced with
 * those that a user would see: the sandbox's addresses with Imgwire's, and the session's folder with `~`.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { converse } from "./picture/conversation.ts";
import { textOf } from "./picture/lines.ts";
import { LINKS, PICTURES } from "./picture/pictures.ts";
import { Session } from "./picture/session.ts";
import { COLUMNS, drawTerminal, type ScreenLine } from "./picture/svg.ts";

const DOCS = resolve(import.meta.dirname, "..", "docs");
const FOLDER = join(DOCS, "pictures");
const DEMO = {
  title: "imgwire: set up, upload an image, publish a document",
  lines: ["imgwire setup --yes", "imgwire upload hero.jpg", "imgwire publish README.md", "cat README.md"],
  leaveOut: LINKS
};
/** The seconds between a command and its answer, and between an answer and the next command. */
const PAUSE = { answer: 0.6, command: 1.2 };

const AGENT = "Claude Code uploads hero.jpg to Imgwire and answers with Markdown for a 640-pixel WebP";

const wanted = process.argv.slice(2);
const isWanted = (name: string): boolean => wanted.length === 0 || wanted.includes(name);
mkdirSync(FOLDER, { recursive: true });
if (isWanted("agent")) await inSession(drawAgent);
if (wanted.length === 0) await inSession(drawDemo);
if (PICTURES.some(({ name }) => isWanted(name))) await inSession(drawPictures);

async function inSession(draw: (session: Session) => Promise<void>): Promise<void> {
  const session = await Session.start();
  try {
    await draw(session);
  } finally {
    await session.end();
  }
}

/** Draws a conversation with an agent that `imgwire setup` has added Imgwire to. */
async function drawAgent(session: Session): Promise<void> {
  await session.run("imgwire setup --yes", COLUMNS);
  write(join(DOCS, "agent.svg"), AGENT, await converse(session.place, COLUMNS));
}

/** Draws the animated session of the README, in which lines appear one after another. */
async function drawDemo(session: Session): Promise<void> {
  const screen: ScreenLine[] = [];
  let at = 0.4;
  for (const line of DEMO.lines) {
    screen.push({ ...prompt(line), at });
    at += PAUSE.answer;
    const answer = without(DEMO.leaveOut, await session.run(line, COLUMNS));
    screen.push(...answer.map((each) => ({ ...each, at })), { runs: [], at });
    at += PAUSE.command;
  }
  write(join(DOCS, "demo.svg"), DEMO.title, screen);
}

async function drawPictures(session: Session): Promise<void> {
  let id = "";
  for (const { name, title, lines, leaveOut } of PICTURES) {
    const screen: ScreenLine[] = [];
    for (const line of lines) {
      const typed = line.replace("ID", id);
      const answer = await session.run(typed, COLUMNS);
      screen.push(prompt(typed), ...without(leaveOut, answer), { runs: [] });
    }
    if (name === "upload")
      id = textOf((await session.run("imgwire list --limit 1 --template '{{.id}}'", COLUMNS))[0]!);
    if (isWanted(name)) write(join(FOLDER, `${name}.svg`), title, screen.slice(0, -1));
  }
}

function prompt(line: string): ScreenLine {
  return {
    runs: [
      { text: "$", styles: ["green"] },
      { text: ` ${line}`, styles: ["bold"] }
    ]
  };
}

function without(pattern: RegExp | undefined, lines: readonly ScreenLine[]): ScreenLine[] {
  return lines.filter((line) => !pattern?.test(textOf(line)));
}

function write(file: string, title: string, screen: readonly ScreenLine[]): void {
  writeFileSync(file, drawTerminal(title, screen));
  console.log(`Wrote ${file}`);
}
