import { cpus, platform, release, totalmem } from "node:os";
import { COMMANDS } from "./commands.ts";
import type { Size } from "./sizes.ts";

/** All measurements of one contestant, in milliseconds or megabytes, by name. */
export type Samples = Record<string, number[]>;

/** A finished run. */
export interface Run {
  /** By contestant. */
  samples: Readonly<Record<string, Samples>>;
  /** By program. */
  sizes: Readonly<Record<string, Size>>;
  versions: Readonly<Record<string, string>>;
  /** The number of calls in a burst. */
  burst: number;
}

/** One line of the table. */
interface Row {
  title: string;
  what: string;
  unit: "ms" | "MB";
  /** The contestant to compare with. */
  base?: string;
}

const ROWS: readonly Row[] = [
  { title: "start to the initialize answer", what: "start", unit: "ms", base: "node" },
  { title: "  with NODE_EXTRA_CA_CERTS", what: "startWithCertificates", unit: "ms", base: "node" },
  { title: "start to the first tool result", what: "first", unit: "ms" },
  { title: "call, p50", what: "p50", unit: "ms", base: "direct" },
  { title: "call, p99", what: "p99", unit: "ms", base: "direct" },
  { title: "burst of calls", what: "burst", unit: "ms", base: "direct" },
  { title: "resident memory, idle", what: "rssIdle", unit: "MB" },
  { title: "resident memory, after the burst", what: "rssAfter", unit: "MB" },
  { title: "stdin closed to exit", what: "exit", unit: "ms" }
];
/** The minimal proxy, which no real one can beat: the reference for ratios. */
const FLOOR = "floor";
/** The contestants in the table, if they were measured. */
const PROGRAMS = ["imgwire-mcp", "before", "mcp-remote"];

/** Computes medians, and ratios where there is a baseline. */
export function summarise({ samples, sizes, versions, burst }: Run) {
  const medianOf = (who: string, what: string): number => median(samples[who]?.[what] ?? []);
  const who = PROGRAMS.filter((name) => samples[name]);
  const measured = ROWS.filter(({ what }) => samples[FLOOR]?.[what]);
  const figures = measured.map(({ title, what, unit, base }) => {
    const baseline = base && { who: base, median: medianOf(base, what) };
    const floor = medianOf(FLOOR, what);
    const medians = who.map((name) => {
      const value = medianOf(name, what);
      const ratio = baseline ? value / baseline.median : undefined;
      return [name, { median: value, ratio, toFloor: value / floor }] as const;
    });
    return { title, unit, ...(baseline && { baseline }), floor, programs: Object.fromEntries(medians) };
  });
  const bare = medianOf("node", "start");
  const commands = Object.keys(COMMANDS).map((title) => {
    const value = medianOf(PROGRAMS[0]!, title);
    return { title, median: value, ratio: value / bare };
  });
  return { machine: describeMachine(), who, versions, burst, figures, commands, sizes, samples };
}

/** Formats the summary as a table for people. */
export function table({
  machine,
  who,
  versions,
  burst,
  figures,
  commands,
  sizes
}: ReturnType<typeof summarise>): string {
  const lines = [
    `Medians on ${machine}; mcp-remote ${versions["mcp-remote"]}; a burst is ${burst} simultaneous calls.`,
    "The baseline is bare node for starts and a client without a proxy for calls; the floor is a proxy of 40 lines.",
    "",
    line("", "baseline", "floor", ...who.flatMap((name) => [name, "to baseline", "to floor"]))
  ];
  for (const { title, unit, baseline, floor, programs } of figures) {
    const cells = Object.values(programs).flatMap(({ median: value, ratio, toFloor }) => [
      `${value.toFixed(1)} ${unit}`,
      times(ratio),
      times(toFloor)
    ]);
    const base = baseline ? `${baseline.median.toFixed(1)} ${unit}` : "";
    lines.push(line(title, base, `${floor.toFixed(1)} ${unit}`, ...cells));
  }
  const baseline = figures.find(({ title }) => title === ROWS[0]!.title)?.baseline?.median ?? NaN;
  for (const { title, median, ratio } of commands)
    lines.push(line(title, `${baseline.toFixed(1)} ms`, "", `${median.toFixed(1)} ms`, times(ratio), ""));
  const sized = (cell: (size: Size) => string): string[] =>
    who.flatMap((name) => [sizes[name] ? cell(sizes[name]) : "", "", ""]);
  const megabytes = ({ bytes }: Size): string => `${(bytes / 2 ** 20).toFixed(1)} MB`;
  lines.push(line("installed size", "", "", ...sized(megabytes)));
  lines.push(line("packages", "", "", ...sized(({ packages }) => String(packages))));
  return `${lines.join("\n")}\n`;
}

function times(ratio: number | undefined): string {
  return ratio === undefined ? "" : `${ratio.toFixed(2)}×`;
}

/** Returns the median of values. */
export function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}

/** Returns the quantile of values; `at` is between 0 and 1. */
export function quantile(values: readonly number[], at: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * at))] ?? Number.NaN;
}

function describeMachine(): string {
  const hardware = `${cpus().length} × ${cpus()[0]?.model ?? "?"}, ${Math.round(totalmem() / 2 ** 30)} GB`;
  const variables = Object.keys(process.env)
    .filter((name) => name.startsWith("NODE_"))
    .sort();
  const environment = variables.length > 0 ? ` with ${variables.join(", ")}` : "";
  return `${hardware}, ${platform()} ${release()}, Node ${process.version}${environment}`;
}

function line(title: string, ...cells: string[]): string {
  return title.padEnd(34) + cells.map((cell) => cell.padStart(12)).join("");
}
