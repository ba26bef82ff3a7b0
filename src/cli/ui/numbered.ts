import { createInterface, type Interface } from "node:readline";
import { InterruptedError } from "../../errors.ts";
import type { Invocation } from "../command.ts";

/** A question with numbered answers, for screen readers and terminals that can't redraw. */
export interface NumberedQuestion {
  message: string;
  labels: readonly string[];
  /** The indices picked by pressing Enter alone. */
  initial: readonly number[];
  /** Whether any number of answers may be picked instead of exactly one. */
  many: boolean;
  cancelled?: string | undefined;
}

/**
 * Prints the answers as a numbered list and reads numbers with the terminal's own line editing, without
 * redrawing anything.
 * @returns the picked indices
 * @throws InterruptedError if the input ends
 */
export async function askByNumber(
  { deps, signal }: Invocation,
  question: NumberedQuestion
): Promise<readonly number[]> {
  const { stdin, stderr } = deps.io;
  const { message, labels, initial, many, cancelled } = question;
  const list = labels.map((label, index) => `  ${index + 1}. ${label}`);
  const usual = initial.length > 0 ? ` (Enter: ${initial.map((index) => index + 1).join(", ")})` : "";
  const prompt = many ? `Numbers, separated by commas, or 0 for none${usual}: ` : `Number${usual}: `;
  stderr.write(`${[message, ...list].join("\n")}\n`);
  const lines = createInterface({ input: stdin as NodeJS.ReadableStream, terminal: false });
  signal.addEventListener("abort", () => lines.close(), { once: true });
  try {
    for (;;) {
      stderr.write(prompt);
      const line = await nextLine(lines, cancelled);
      const picked = line === "" && initial.length > 0 ? initial : numbersIn(line, labels.length, many);
      if (picked) return picked;
      stderr.write(`Type ${many ? "numbers" : "a number"} from 1 to ${labels.length}.\n`);
    }
  } finally {
    lines.close();
  }
}

function nextLine(lines: Interface, cancelled: string | undefined): Promise<string> {
  return new Promise((resolve, reject) => {
    const ended = (): void => reject(new InterruptedError(cancelled));
    lines.once("close", ended);
    lines.once("line", (line) => {
      lines.off("close", ended);
      resolve(line.trim());
    });
  });
}

/** Parses the indices in a line; undefined if it is invalid. */
function numbersIn(line: string, count: number, many: boolean): readonly number[] | undefined {
  if (many && line === "0") return [];
  const numbers = line.split(/[\s,]+/).map((word) => (/^\d+$/.test(word) ? Number(word) : NaN));
  const isFine = numbers.every((number) => number >= 1 && number <= count) && (many || numbers.length === 1);
  return isFine ? [...new Set(numbers.map((number) => number - 1))] : undefined;
}
