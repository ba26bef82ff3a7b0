import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import xterm, { type IBufferCell } from "@xterm/headless";

/** How to run a program on a terminal. */
export interface TerminalOptions {
  columns: number;
  rows?: number;
  env: Readonly<Record<string, string>>;
  cwd?: string;
  /**
   * Answers the program's terminal queries in place of the emulator. Return undefined to leave a query to it.
   */
  answer?: (output: string) => string | undefined;
}

/** A cell of the screen. */
export interface Cell {
  text: string;
  bold: boolean;
  dim: boolean;
  /** 0xRRGGBB, a palette index, or -1 for the terminal's default. */
  foreground: number;
  background: number;
  /** For half blocks: the colours of the upper and lower half. */
  upper: number;
  lower: number;
}

/** A picture drawn with iTerm2's protocol, and the cells that it covers. */
export interface InlinePicture {
  png: Buffer;
  /** The row of its top, counted as in {@link Terminal.lines}. */
  row: number;
  column: number;
  columns: number;
  rows: number;
}

/** A line as it was written, regardless of how many rows it takes on the screen. */
export interface WrittenLine {
  text: string;
  cells: Cell[];
  /** Its first row. */
  row: number;
  /** Whether the terminal had to wrap it. */
  broken: boolean;
}

const SCROLLBACK = 10_000;
/** iTerm2's sequence for a picture. */
// eslint-disable-next-line no-control-regex -- it begins with a control character
const INLINE_PICTURE = /\u001b\]1337;File=[^:]*;height=(\d+);[^:]*:[^\u0007]*\u0007/g;

/**
 * A program on a pseudo-terminal, and the contents of its screen. The pseudo-terminal is provided by
 * util-linux's `script`, the screen by xterm.js.
 */
export class Terminal {
  readonly #child: ChildProcess;
  readonly #screen: InstanceType<typeof xterm.Terminal>;
  /** Output that has arrived but hasn't been written to the screen yet. */
  #pending = "";
  /** Everything that was written to the terminal. */
  output = "";
  /** The pictures on the screen. */
  readonly pictures: InlinePicture[] = [];
  /** The exit code as a shell sees it: 130 if Ctrl-C ended the program. */
  readonly exited: Promise<number | null>;

  constructor(command: readonly string[], { columns, rows = 40, env, cwd, answer }: TerminalOptions) {
    this.#screen = new xterm.Terminal({
      cols: columns,
      rows,
      scrollback: SCROLLBACK,
      allowProposedApi: true
    });
    const line = `stty cols ${columns} rows ${rows}; exec ${command.map(quoted).join(" ")}`;
    this.#child = spawn("script", ["-qec", line, "/dev/null"], {
      env: { TERM: "xterm-256color", ...env },
      cwd
    });
    this.#child.stdin?.on("error", () => undefined);
    this.#child.stdout?.setEncoding("utf8").on("data", (text: string) => {
      this.output += text;
      const given = answer?.(text);
      if (given !== undefined) this.type(given);
      this.#write(text);
    });
    this.#screen.parser.registerOscHandler(1337, (data) => this.#addPicture(data));
    this.#screen.onData((reply) => {
      if (!answer) this.type(reply);
    });
    this.exited = once(this.#child, "close").then(async () => {
      await this.drawn();
      return this.#child.exitCode;
    });
  }

  /** Types keys. Ctrl-C is `\u0003`, Enter is `\r`. */
  type(keys: string): void {
    this.#child.stdin?.write(keys);
  }

  /** Resolves when the screen shows a text; rejects if the program exits first. */
  async shows(pattern: RegExp): Promise<void> {
    let ended = false;
    void this.exited.then(() => (ended = true));
    while (!pattern.test(this.text())) {
      if (ended) throw new Error(`The screen never showed ${pattern}:\n${this.text()}`);
      await Promise.race([once(this.#child.stdout!, "data"), this.exited]);
      await this.drawn();
    }
  }

  /** Resolves when everything received so far is on the screen. */
  drawn(): Promise<void> {
    return new Promise((resolve) => this.#screen.write("", resolve));
  }

  /** The lines of the screen and of its scrollback. */
  lines(): string[] {
    const { active } = this.#screen.buffer;
    const lines = Array.from(
      { length: active.length },
      (_, row) => active.getLine(row)?.translateToString(true) ?? ""
    );
    while (lines.at(-1) === "") lines.pop();
    return lines;
  }

  /** The screen as one text. */
  text(): string {
    return this.lines().join("\n");
  }

  /** The lines as they were written. */
  writtenLines(): WrittenLine[] {
    const { active } = this.#screen.buffer;
    const cells = this.cells();
    const lines: WrittenLine[] = [];
    for (const [row, text] of this.lines().entries()) {
      const before = lines.at(-1);
      if (before && active.getLine(row)?.isWrapped) {
        before.text += text;
        before.cells.push(...cells[row]!);
        before.broken = true;
      } else {
        lines.push({ text, cells: cells[row]!, row, broken: false });
      }
    }
    return lines;
  }

  /** The cells of each line. */
  cells(): Cell[][] {
    const { active } = this.#screen.buffer;
    return this.lines().map((_, row) => {
      const line = active.getLine(row);
      return Array.from({ length: line?.length ?? 0 }, (_, column) => cellOf(line!.getCell(column)!));
    });
  }

  /** Writes to the screen. A picture moves the cursor to its last row, which the emulator doesn't do. */
  #write(text: string): void {
    this.#pending += text;
    // The rest of a picture hasn't arrived yet.
    if (this.#pending.lastIndexOf("\u001b]1337;") > this.#pending.lastIndexOf("\u0007")) return;
    const moved = this.#pending.replace(
      INLINE_PICTURE,
      (picture: string, rows: string) => picture + "\n".repeat(Number(rows) - 1)
    );
    this.#screen.write(moved);
    this.#pending = "";
  }

  #addPicture(data: string): boolean {
    const { baseY, cursorX: column, cursorY } = this.#screen.buffer.active;
    const [, columns, rows, base64] = /;width=(\d+);height=(\d+);[^:]*:(.*)$/.exec(data) ?? [];
    if (base64 === undefined) return false;
    const png = Buffer.from(base64, "base64");
    this.pictures.push({ png, row: baseY + cursorY, column, columns: Number(columns), rows: Number(rows) });
    return true;
  }

  /** Queries the terminal for whether its cursor is visible (DECRQM). */
  async cursorVisible(): Promise<boolean> {
    const reply = new Promise<string>((resolve) => {
      const listener = this.#screen.onData((text) => {
        listener.dispose();
        resolve(text);
      });
    });
    this.#screen.write("\u001b[?25$p");
    return (await reply) === "\u001b[?25;1$y";
  }

  /** Kills the program if it is still running. */
  close(): void {
    this.#child.kill();
    this.#screen.dispose();
  }
}

function cellOf(cell: IBufferCell): Cell {
  const text = cell.getChars() || " ";
  const foreground = cell.isFgDefault() ? -1 : cell.getFgColor();
  const background = cell.isBgDefault() ? -1 : cell.getBgColor();
  return {
    text,
    bold: cell.isBold() !== 0,
    dim: cell.isDim() !== 0,
    foreground,
    background,
    upper: text === "▀" ? foreground : background,
    lower: text === "▄" ? foreground : background
  };
}

function quoted(word: string): string {
  return /^[\w./:=@-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
