/**
 * Measures how the built program's cost grows with its work: concurrent calls, agents that share a sign-in,
 * tools in a list, and uploads over a slow link with packet loss. For comparison, a minimal proxy (the
 * floor), `curl --parallel` and rclone are measured in turn with it.
 *
 *     npm run cost
 *     npm run cost -- --write            also writes docs/load.md and docs/load.svg
 *     npm run cost -- --seconds 2        how long to measure each number of calls; 5 by default
 *     npm run cost -- --only uploads     or calls, agents, lists
 */
import { writeFileSync } from "node:fs";
import { cpus, getPriority, loadavg } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { compileFloor } from "./bench/compile-floor.ts";
import { type AgentsPoint, measureAgents } from "./cost/agents.ts";
import { type CallsPoint, measureCalls } from "./cost/calls.ts";
import { NoLinkError } from "./cost/link.ts";
import { type ListPoint, measureLists } from "./cost/lists.ts";
import { drawPlots, type Series } from "./cost/plot.ts";
import { measureUploads, type UploadsPoint } from "./cost/uploads.ts";
import { readRows, writePart } from "./load-document.ts";
import { markdownTable } from "./markdown.ts";

const { values } = parseArgs({
  options: {
    seconds: { type: "string", default: "5" },
    only: { type: "string" },
    write: { type: "boolean", default: false }
  }
});
const load = loadavg()[0] ?? 0;
const PARTS: Record<string, () => Promise<string>> = {
  calls: async () => callsTable(await measureCalls(Number(values.seconds), await compileFloor())),
  agents: async () => agentsTable(await measureAgents()),
  lists: async () => listsTable(await measureLists()),
  uploads: async () => uploadsTable(await measureUploads())
};
for (const [name, measure] of Object.entries(PARTS)) {
  if (values.only !== undefined && values.only !== name) continue;
  const text = await measure().catch((error: Error) => {
    if (!(error instanceof NoLinkError)) throw error;
    console.log(`${name}: skipped, because this machine can't simulate the link: ${error.message}\n`);
  });
  if (text === undefined) continue;
  console.log(`${name}\n${text}\n`);
  if (!values.write) continue;
  const precedence = getPriority() < 0 ? "; the benchmark ran with a higher priority" : "";
  const machine = `Load average at the start: ${load.toFixed(1)} on ${cpus().length} cores${precedence}.`;
  await writePart(`cost-${name}`, () => `${text}\n\n${machine}`);
}
if (values.write) writeFileSync(join(import.meta.dirname, "../docs/load.svg"), plot());

function callsTable({ program, floor }: { program: CallsPoint[]; floor: CallsPoint[] }): string {
  const head = ["calls at once", "calls/s", "floor", "ratio", "memory", "floor's memory"];
  const rows = program.map(({ concurrent, perSecond, megabytes }, index) => {
    const least = floor[index]!;
    return [
      String(concurrent),
      perSecond.toFixed(0),
      least.perSecond.toFixed(0),
      (perSecond / least.perSecond).toFixed(2),
      `${megabytes.toFixed(0)} MB`,
      `${least.megabytes.toFixed(0)} MB`
    ];
  });
  return markdownTable(head, rows);
}

function agentsTable(points: readonly AgentsPoint[]): string {
  const head = ["agents", "memory per agent (PSS)", "until all have the new token", "refresh tokens used"];
  const rows = points.map((point) => [
    String(point.agents),
    `${point.megabytesEach.toFixed(0)} MB`,
    `${point.renewalMs.toFixed(0)} ms`,
    String(point.redemptions)
  ]);
  return markdownTable(head, rows);
}

function listsTable(points: readonly ListPoint[]): string {
  const head = ["tools", "first list after a start", "each later list", "memory"];
  const rows = points.map((point) => [
    String(point.tools),
    `${point.firstMs.toFixed(0)} ms`,
    `${point.furtherMs.toFixed(1)} ms`,
    `${point.megabytes.toFixed(0)} MB`
  ]);
  return markdownTable(head, rows);
}

function uploadsTable(points: readonly UploadsPoint[]): string {
  const head = ["file", "at once", "imgwire-mcp", "curl --parallel", "rclone", "difference to curl"];
  const ms = (value: number | undefined): string =>
    value === undefined ? "not installed" : `${value.toFixed(0)} ms`;
  const rows = points.map(({ bytes, atOnce, programMs, curlMs, rcloneMs }) => [
    bytes >= 1_048_576 ? `${bytes / 1_048_576} MB` : `${bytes / 1_024} KB`,
    String(atOnce),
    ...[programMs, curlMs, rcloneMs].map(ms),
    curlMs === undefined ? "" : ms(programMs - curlMs)
  ]);
  return markdownTable(head, rows);
}

/** Plots the tables in docs/load.md. */
function plot(): string {
  const of = (part: string, x: number, y: number, file = ""): [number, number][] =>
    readRows(`cost-${part}`)
      .filter((row) => row.join().startsWith(file))
      .map((row) => [parseFloat(row[x] ?? ""), parseFloat(row[y] ?? "")]);
  return drawPlots("What the program costs as work grows", [
    {
      title: "calls per second",
      x: "calls at once",
      series: [
        { name: "imgwire-mcp", points: of("calls", 0, 1) },
        { name: "floor", points: of("calls", 0, 2) }
      ]
    },
    {
      title: "ms until all agents have the new token",
      x: "agents that share a sign-in",
      series: [{ name: "imgwire-mcp", points: of("agents", 0, 2) }]
    },
    {
      title: "ms for files of 1 MB",
      x: "uploads at once",
      series: uploaders((column) => of("uploads", 1, column, "1 MB"))
    },
    {
      title: "ms for one file",
      x: "KB",
      series: uploaders((column) =>
        readRows("cost-uploads")
          .filter(([, atOnce]) => atOnce === "1")
          .map((row) => [kilobytes(row[0] ?? ""), parseFloat(row[column] ?? "")])
      )
    }
  ]);
}

function uploaders(points: (column: number) => Series["points"]): Series[] {
  return ["imgwire-mcp", "curl --parallel", "rclone"].map((name, index) => ({
    name,
    points: points(index + 2).filter(([, ms]) => !Number.isNaN(ms))
  }));
}

function kilobytes(size: string): number {
  return parseFloat(size) * (size.endsWith("MB") ? 1_024 : 1);
}
