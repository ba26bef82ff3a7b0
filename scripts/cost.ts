/**
 * Measures what the built program costs when there is more to do: calls under way, agents that share a
 * sign-in, tool lists, uploads over a slow link. What can be compared is measured by turns beside it: the
 * least that a proxy can be, and `curl --parallel`.
 *
 *     npm run cost
 *     npm run cost -- --write            also into docs/load.md and docs/load.svg
 *     npm run cost -- --seconds 2        for each point of the calls; 5 unless told
 */
import { writeFileSync } from "node:fs";
import { loadavg } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { compileFloor } from "./bench/compile-floor.ts";
import { type AgentsPoint, measureAgents } from "./cost/agents.ts";
import { type CallsPoint, measureCalls } from "./cost/calls.ts";
import { type ListPoint, measureLists } from "./cost/lists.ts";
import { drawPlots } from "./cost/plot.ts";
import { measureUploads, type UploadsPoint } from "./cost/uploads.ts";
import { writePart } from "./load-document.ts";

const { values } = parseArgs({
  options: { seconds: { type: "string", default: "5" }, write: { type: "boolean", default: false } }
});
const load = loadavg()[0] ?? 0;
const calls = await measureCalls(Number(values.seconds), await compileFloor());
show("cost-calls", callsTable(calls));
const agents = await measureAgents();
show("cost-agents", agentsTable(agents));
const lists = await measureLists();
show("cost-lists", listsTable(lists));
const uploads = await measureUploads();
show("cost-uploads", uploadsTable(uploads));
if (values.write) {
  await writePart("cost-calls", () => callsTable(calls));
  await writePart("cost-agents", () => agentsTable(agents));
  await writePart("cost-lists", () => listsTable(lists));
  await writePart("cost-uploads", () => uploadsTable(uploads));
  await writePart(
    "cost-machine",
    () => `Load of the machine when it began: ${load.toFixed(1)} on two cores.`
  );
  writeFileSync(join(import.meta.dirname, "../docs/load.svg"), plot());
}

function callsTable({ program, floor }: { program: CallsPoint[]; floor: CallsPoint[] }): string {
  const head = ["calls under way", "calls/s", "of the floor", "ratio", "memory", "of the floor"];
  const rows = program.map(({ underWay, perSecond, megabytes }, index) => {
    const least = floor[index]!;
    return [
      String(underWay),
      perSecond.toFixed(0),
      least.perSecond.toFixed(0),
      (perSecond / least.perSecond).toFixed(2),
      `${megabytes.toFixed(0)} MB`,
      `${least.megabytes.toFixed(0)} MB`
    ];
  });
  return table(head, rows);
}

function agentsTable(points: readonly AgentsPoint[]): string {
  const head = ["agents", "memory of each (PSS)", "all have the new token after", "refresh tokens redeemed"];
  const rows = points.map((point) => [
    String(point.agents),
    `${point.megabytesEach.toFixed(0)} MB`,
    `${point.renewalMs.toFixed(0)} ms`,
    String(point.redemptions)
  ]);
  return table(head, rows);
}

function listsTable(points: readonly ListPoint[]): string {
  const head = ["tools", "first list of a start", "each further one", "memory"];
  const rows = points.map((point) => [
    String(point.tools),
    `${point.firstMs.toFixed(0)} ms`,
    `${point.furtherMs.toFixed(1)} ms`,
    `${point.megabytes.toFixed(0)} MB`
  ]);
  return table(head, rows);
}

function uploadsTable(points: readonly UploadsPoint[]): string {
  const head = ["file", "at once", "imgwire-mcp", "curl --parallel", "ratio"];
  const rows = points.map(({ bytes, atOnce, programMs, curlMs }) => [
    bytes >= 1_048_576 ? `${bytes / 1_048_576} MB` : `${bytes / 1_024} KB`,
    String(atOnce),
    `${programMs.toFixed(0)} ms`,
    `${curlMs.toFixed(0)} ms`,
    (programMs / curlMs).toFixed(2)
  ]);
  return table(head, rows);
}

function plot(): string {
  const ofCalls = (points: readonly CallsPoint[]) =>
    points.map(({ underWay, perSecond }) => [underWay, perSecond] as const);
  const large = uploads.filter(({ bytes }) => bytes === 1_048_576);
  return drawPlots("What the program costs as work grows", [
    {
      title: "calls per second",
      x: "calls under way",
      series: [
        { name: "imgwire-mcp", points: ofCalls(calls.program) },
        { name: "the floor", points: ofCalls(calls.floor) }
      ]
    },
    {
      title: "ms until all agents have the new token",
      x: "agents that share a sign-in",
      series: [{ name: "imgwire-mcp", points: agents.map((each) => [each.agents, each.renewalMs] as const) }]
    },
    {
      title: "ms for files of 1 MB",
      x: "uploads at once",
      series: [
        { name: "imgwire-mcp", points: large.map((each) => [each.atOnce, each.programMs] as const) },
        { name: "curl --parallel", points: large.map((each) => [each.atOnce, each.curlMs] as const) }
      ]
    }
  ]);
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return [head, head.map(() => "---"), ...rows].map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}

function show(title: string, text: string): void {
  console.log(`${title}\n${text}\n`);
}
