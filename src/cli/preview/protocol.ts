import type { Io } from "../../system/io.ts";

/** How a terminal shows pictures: with a graphics protocol, or as half-block characters in two colours. */
export type Protocol = "kitty" | "iterm2" | "sixel" | "blocks";

/** The graphics capabilities of a terminal. */
export interface Screen {
  protocol: Protocol;
  /** The size of a character cell in pixels. */
  cell: { width: number; height: number };
}

/** Terminals answer within milliseconds; this allows for a slow connection. */
const ANSWER_TIMEOUT_MS = 1_000;

const KITTY_QUERY = "\u001b_Gi=31,s=1,v=1,a=q,t=d,f=24;AAAA\u001b\\";
const VERSION_QUERY = "\u001b[>q";
const CELL_QUERY = "\u001b[16t";
/** Every terminal answers this query, and answers come in order, so none follows this one. */
const ATTRIBUTES_QUERY = "\u001b[c";

// eslint-disable-next-line no-control-regex -- answers begin with a control character
const ATTRIBUTES = /\u001b\[\?([\d;]*)c/;
// eslint-disable-next-line no-control-regex -- answers begin with a control character
const CELL = /\u001b\[6;(\d+);(\d+)t/;
// eslint-disable-next-line no-control-regex -- answers begin with a control character
const ANSWERS = /\u001b_G[^\u001b]*\u001b\\|\u001bP>\|[^\u001b]*\u001b\\|\u001b\[(\?[\d;]*c|6;\d+;\d+t)/g;

/** The cell size of the VT340, which introduced sixels. Most terminals that don't report theirs assume it. */
const USUAL_CELL = { width: 10, height: 20 };

/**
 * Asks the terminal how it shows pictures: with a query of kitty's graphics protocol, its name (XTVERSION),
 * the size of its cells, and its primary device attributes, in which 4 stands for sixel.
 */
export async function askTerminal({ stdin, stdout }: Pick<Io, "stdin" | "stdout">): Promise<Screen> {
  if (!stdin.setRawMode) return screenIn("");
  const wasRaw = stdin.isRaw === true;
  stdin.setRawMode(true);
  try {
    const answers = collect(stdin);
    stdout.write(KITTY_QUERY + VERSION_QUERY + CELL_QUERY + ATTRIBUTES_QUERY);
    return screenIn(await answers);
  } finally {
    stdin.setRawMode(wasRaw);
  }
}

/** Collects input until the terminal has answered the last query; keys pressed meanwhile are put back. */
function collect(stdin: Io["stdin"]): Promise<string> {
  return new Promise((resolve) => {
    let received = "";
    const take = (chunk: Buffer | string): void => {
      received += String(chunk);
      if (ATTRIBUTES.test(received)) finish();
    };
    const finish = (): void => {
      clearTimeout(timer);
      stdin.off("data", take);
      stdin.pause();
      const typed = received.replace(ANSWERS, "");
      if (typed !== "") stdin.unshift(Buffer.from(typed));
      resolve(received);
    };
    const timer = setTimeout(finish, ANSWER_TIMEOUT_MS);
    stdin.on("data", take);
    stdin.resume();
  });
}

/** Parses a terminal's answers. */
function screenIn(answers: string): Screen {
  const [height, width] = (CELL.exec(answers) ?? []).slice(1).map(Number);
  return { protocol: protocolIn(answers), cell: width && height ? { width, height } : USUAL_CELL };
}

function protocolIn(answers: string): Protocol {
  if (answers.includes("\u001b_Gi=31;OK")) return "kitty";
  if (/P>\|(iTerm2|WezTerm)/.test(answers)) return "iterm2";
  const attributes = ATTRIBUTES.exec(answers)?.[1]?.split(";") ?? [];
  return attributes.includes("4") ? "sixel" : "blocks";
}
