import { describe, expect, it } from "vitest";
import { columnsOf, wrapColumnsOf } from "../../src/cli/ui/columns.ts";

type Stream = Parameters<typeof columnsOf>[0];

describe("terminal width", () => {
  it.each<[name: string, stream: Stream, columns: number, wrap: number]>([
    ["a terminal", { isTTY: true, columns: 132 }, 132, 132],
    ["a terminal whose size isn't set", { isTTY: true, columns: 0 }, 80, 80],
    ["a very narrow terminal", { isTTY: true, columns: 12 }, 12, 20],
    ["a pipe", {}, 80, Infinity]
  ])("is determined for %s, with the width to wrap text at", (_, stream, columns, wrap) => {
    expect([columnsOf(stream), wrapColumnsOf(stream)]).toEqual([columns, wrap]);
  });
});
