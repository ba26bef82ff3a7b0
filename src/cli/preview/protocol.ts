import type { Io } from "../../system/io.ts";

/** How a terminal shows pictures: its own protocol, or half blocks of characters in two colours. */
export type Protocol = "kitty" | "iterm2" | "sixel" | "blocks";

/** What a terminal says of itself. */
export interface Screen {
  protocol: Protocol;
  /** Pixels of a character's cell. */
  cell: { width: number; height: number };
}

/** A terminal answers within milliseconds, one at the other end of a slow line within this. */
const ANSWER_TIMEOUT_MS = 1_000;

const KITTY_QUERY = "\u001b_Gi=31,s=1,v=1,a=q,t=d,f=24;AAAA\u001b\\";
const VERSION_QUERY = "\u001b[>q";
const CELL_QUERY = "\u001b[16t";
/** Every terminal answers this one, and in order: after its answer no other will come. */
const ATTRIBUTES_QUERY = "\u001b[c";

// eslint-disable-next-line no-control-regex -- answers begin with a control character
const ATTRIBUTES = /\u001b\[\?([\d;]*)c/;
// eslint-disable-next-line no-control-regex -- answers begin with a control character
const CELL = /\u001b\[6;(\d+);(\d+)t/;
// eslint-disable-next-line no-control-regex -- answers begin with a control character
const ANSWERS = /\u001b_G[^\u001b]*\u001b\\|\u001bP>\|[^\u001b]*\u001b\\|\u001b\[(\?[\d;]*c|6;\d+;\d+t)/g;

/** Of the VT340, which introduced sixels; terminals that don't tell theirs mostly go by it. */
const USUAL_CELL = { width: 10, height: 20 };

/**
 * Asks the terminal how it shows pictures: by a query of kitty's graphics protocol, by its name (XTVERSION),
 * by the size of its cells, and by its primary device attributes, among which 4 stands for sixel.
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

/**
 * What the terminal sends until it has answered the last query; keys that were pressed meanwhile are put
 * back.
 */
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

/** Reads a terminal's answers. */
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
