import xterm from "@xterm/headless";
import { describe, expect, it } from "vitest";
import { table } from "../../src/cli/ui/table.ts";
import { cut, widthOf } from "../../src/cli/ui/width.ts";
import { wrapped } from "../../src/cli/ui/wrap.ts";

/** File names with wide characters, with a combining character, and a plain one. */
const NAMES = ["日本語の画像ファイル名です.png", "cafe\u0301.webp", "한국어.jpg", "hero.jpg"];

/** Renders a text on a terminal. @returns its lines, each a list of cells */
async function shown(text: string, columns: number): Promise<string[][]> {
  const screen = new xterm.Terminal({ cols: columns, rows: 40, allowProposedApi: true, convertEol: true });
  await new Promise<void>((resolve) => screen.write(text, resolve));
  const { active } = screen.buffer;
  return text.split("\n").map((_, row) => {
    const line = active.getLine(row)!;
    return Array.from({ length: columns }, (_, column) => line.getCell(column)!.getChars());
  });
}

describe("a table", () => {
  it.each([20, 30, 80])(
    "aligns names with wide and combining letters at %i columns [cli.wide-characters]",
    async (columns) => {
      const text = table(
        NAMES.map((name) => [name, "READY"]),
        { terminal: true, columns }
      );
      const lines = await shown(text, columns);
      const starts = lines.map((line) => line.lastIndexOf("R"));
      expect(new Set(starts).size).toBe(1);
      expect(text.split("\n").map((line) => widthOf(line) <= columns)).toEqual(NAMES.map(() => true));
    }
  );

  it("truncates a name between its characters, never within one [cli.wide-characters]", () => {
    expect(cut("日本語の画像", 6)).toBe("日本…");
    expect(cut("日本語の画像", 12)).toBe("日本語の画像");
    expect(cut("👨‍👩‍👧👨‍👩‍👧👨‍👩‍👧", 5)).toBe("👨‍👩‍👧👨‍👩‍👧…");
    expect(cut("plain text", 6)).toBe("plain…");
    expect(cut("plain", 5)).toBe("plain");
  });
});

it("wraps lines of wide letters where the terminal would [cli.wide-characters]", () => {
  expect(wrapped("日本語 の 画像", 8).split("\n")).toEqual(["日本語", "の 画像"]);
});
