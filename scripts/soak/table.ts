import type { AgentReport, Era } from "./agent.ts";
import type { LoadReport } from "./load.ts";
import { writeRow } from "../load-document.ts";

/** The parameters of a run. */
export interface SoakRun {
  server: Era;
  agent: Era;
  minutes: number;
}
export type SoakReport = { name: string } & AgentReport & LoadReport;

const HEAD = [
  "agent",
  "server",
  "load",
  "minutes",
  "calls",
  "not answered once",
  "wrong",
  "uploads",
  "faults",
  "told of one",
  "expiries",
  "kills",
  "in a renewal",
  "sign-ins lost without",
  "memory, at most",
  "grown",
  "descriptors grown",
  "verdict"
];
/** In megabytes that aren't released. */
const MAX_GROWTH = 5;
const MAX_MEGABYTES = 150;
const MAX_DESCRIPTORS = 4;
/** Shorter runs say nothing about growth, because the heap hasn't settled yet. */
const MIN_MINUTES = 10;

/** Whether a load met its requirements. */
export function isGood(report: SoakReport, minutes: number): boolean {
  const isRight = report.unanswered === 0 && report.wrong === 0 && (report.lost ?? 0) === 0;
  const isFlat =
    minutes < MIN_MINUTES ||
    (report.grownMegabytes < MAX_GROWTH && report.grownDescriptors <= MAX_DESCRIPTORS);
  return (
    isRight &&
    isFlat &&
    report.mostMegabytes < MAX_MEGABYTES &&
    report.exitCode === 0 &&
    report.faults > 0 &&
    report.uploads !== 0
  );
}

/** Formats a report as one line. */
export function describeSoak(run: SoakRun, report: SoakReport): string {
  return HEAD.map((name, index) => `${name} ${cells(run, report)[index]}`).join(", ");
}

/** Writes the reports to the table in docs/load.md and replaces those with the same eras and load. */
export async function writeSoak(run: SoakRun, reports: readonly SoakReport[]): Promise<void> {
  for (const report of reports) await writeRow("soak", HEAD, 3, cells(run, report));
}

function cells({ agent, server, minutes }: SoakRun, report: SoakReport): string[] {
  const count = (value: number | undefined): string =>
    value === undefined ? "" : value.toLocaleString("en");
  return [
    agent,
    server,
    report.name,
    String(minutes),
    ...[report.calls, report.unanswered, report.wrong, report.uploads, report.faults, report.failed].map(
      count
    ),
    ...[report.expiries, report.kills, report.killsInRenewal, report.lost].map(count),
    `${report.mostMegabytes.toFixed(0)} MB`,
    `${report.grownMegabytes.toFixed(1)} MB`,
    String(report.grownDescriptors),
    isGood(report, minutes) ? "passed" : "failed"
  ];
}
