import { describe, expect, it } from "vitest";
import { describeMetrics } from "../../src/cli/commands/metrics/report.ts";
import { barChart, type Point } from "../../src/cli/ui/chart.ts";
import { type Output } from "../../src/cli/ui/output.ts";

const ROWS = 6;
const BLOCKS = " ▁▂▃▄▅▆▇█";

const points = (values: (number | undefined)[]): Point[] =>
  values.map((value, index) => ({ at: `t${index}`, value }));

/** Reads a chart back. @returns for each point, its height as a fraction of the axis */
function readBars(chart: string, count: number): (number | undefined)[] {
  const lines = chart
    .split("\n")
    .slice(0, ROWS)
    .map((line) => [...line]);
  const start = lines[0]!.indexOf("│") + 1;
  const axis = chart.split("\n")[ROWS]!;
  const width = (axis.match(/─/g) ?? []).length / count;
  return Array.from({ length: count }, (_, index) => {
    const blocks = lines.map((line) => line[start + index * width] ?? " ");
    if (blocks.at(-1) === "·") return undefined;
    return blocks.reduce((sum, block) => sum + BLOCKS.indexOf(block), 0) / (ROWS * 8);
  });
}

/** A fixed series of random-looking numbers. */
function series(length: number, from: number, to: number): number[] {
  return Array.from({ length }, (_, index) => from + ((Math.sin(index * 12.9898) + 1) / 2) * (to - from));
}

describe("a chart [cli.charts-true]", () => {
  it.each([
    ["no point", [], "  no data"],
    ["only gaps", [undefined, undefined], "  no data"],
    ["values that aren't numbers", [NaN, Infinity], "  no data"],
    ["nothing but zeros", [0, 0, 0], "  0 throughout"]
  ])("prints a line of text instead of a chart of %s", (_, values, drawn) => {
    expect(barChart(points(values), { columns: 40, rows: ROWS, format: String })).toBe(drawn);
  });

  const CASES: [string, (number | undefined)[]][] = [
    ["one point", [5]],
    ["rising values", [0, 4, 8]],
    ["a gap", [8, undefined, 2]],
    ["negative values", [-8, 0, 8, -3]],
    ["only negative values", [-8, -2, -5]],
    ["huge values", [0, 1e21, 5e20]],
    ["tiny values", [1e-9, 5e-9]],
    ["a week", series(7, 0, 12_345)],
    ["a month", series(30, -50, 50)]
  ];
  const WIDTHS = [40, 80, 200];
  it.each(
    CASES.flatMap(([name, values]) =>
      WIDTHS.filter((columns) => columns >= 2 * values.length).map(
        (columns) => [name, columns, values] as const
      )
    )
  )("draws each value of %s on %i columns to the nearest eighth of a line", (_, columns, values) => {
    const chart = barChart(points([...values]), { columns, rows: ROWS, format: String });
    const known = values.filter((value) => value !== undefined);
    const [top, bottom] = [Math.max(0, ...known), Math.min(0, ...known)];
    const lines = chart.split("\n");
    expect(lines[0]!.split("│")[0]!.trim()).toBe(String(top));
    expect(lines[ROWS - 1]!.split("│")[0]!.trim()).toBe(String(bottom));
    const read = readBars(chart, values.length);
    for (const [index, value] of values.entries()) {
      if (value === undefined) expect(read[index]).toBeUndefined();
      else
        expect(Math.abs(read[index]! - (value - bottom) / (top - bottom))).toBeLessThanOrEqual(
          1 / 16 / ROWS + 1e-9
        );
    }
    expect(lines.filter((line) => [...line].length > columns)).toEqual([]);
  });

  it.each(WIDTHS)(
    "shows the largest value of each group if there are more points than %i columns",
    (columns) => {
      const values = Array.from({ length: 1000 }, (_, at) => (at === 500 ? 9 : 1));
      const lines = barChart(points(values), { columns, rows: ROWS, format: String }).split("\n");
      expect(lines.filter((line) => [...line].length > columns)).toEqual([]);
      expect((lines[0]!.match(/█/g) ?? []).length).toBe(1);
    }
  );
});

describe("metrics", () => {
  const out = { columns: 60, color: { bold: (text: string) => text } } as Output;

  it("shows a number for each label as a share of the total [cli.charts-true]", () => {
    const hits = [
      { label: "HIT", value: 75 },
      { label: "MISS", value: 25 }
    ];
    const [title, hit, miss] = describeMetrics({ cache_hit_ratio: hits }, out).split("\n");
    expect(title).toBe("cache hit ratio");
    expect(hit).toMatch(/^ {2}HIT {3}█+░+ {2}75 {3}75\.0%$/);
    expect((hit!.match(/█/g) ?? []).length).toBe(3 * (miss!.match(/█/g) ?? []).length);
  });

  it("names the first and last day below the axis, and the time of day only if it matters", () => {
    const daily = [1, 2, 3].map((value) => ({
      timestamp: `2026-01-0${value}T00:00:00.000Z`,
      requests: value
    }));
    expect(describeMetrics({ requests: daily }, out)).toMatch(/ {2}2026-01-01 +2026-01-03$/);
    const hourly = [1, 2].map((value) => ({ timestamp: `2026-01-01T0${value}:00:00.000Z`, requests: value }));
    expect(describeMetrics({ requests: hourly }, out)).toContain("2026-01-01 01:00   2026-01-01 02:00");
  });
});
