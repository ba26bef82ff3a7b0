import { stripControls } from "../../log.ts";
import type { Output } from "./output.ts";

/** Formats a unified diff for a terminal: without control characters, and in git's colours. */
export function shownDiff(diff: string, { color }: Pick<Output, "color">): string {
  const paint = (line: string): string => {
    if (/^(?:---|\+\+\+) /.test(line)) return color.bold(line);
    if (line.startsWith("@@")) return color.cyan(line);
    if (line.startsWith("+")) return color.green(line);
    return line.startsWith("-") ? color.red(line) : line;
  };
  return stripControls(diff).split("\n").map(paint).join("\n");
}
