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

/** What each table of docs/load.md shows, after the agent, the server and the load. */
const TABLES = {
  soak: [
    "minutes",
    "calls",
    "uploads",
    "missing or repeated answers",
    "wrong results",
    "sign-ins lost",
    "verdict"
  ],
  "soak-faults": ["faults", "calls that reported one", "token expiries", "kills", "kills during a refresh"],
  "soak-memory": ["peak memory", "memory growth", "descriptor growth"]
} as const;
type Column = (typeof TABLES)[keyof typeof TABLES][number];

/** Growth of memory that isn't released. */
const MAX_GROWN_MEGABYTES = 5;
const MAX_MEGABYTES = 150;
const MAX_GROWN_DESCRIPTORS = 4;
/** Shorter runs say nothing about growth, because the heap hasn't settled yet. */
const MIN_MINUTES = 10;

/** Whether a load met its requirements. */
export function isGood(report: SoakReport, minutes: number): boolean {
  const isRight = report.unanswered === 0 && report.wrong === 0 && (report.lost ?? 0) === 0;
  const isFlat =
    minutes < MIN_MINUTES ||
    (report.grownMegabytes < MAX_GROWN_MEGABYTES && report.grownDescriptors <= MAX_GROWN_DESCRIPTORS);
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
  const of = cells(run, report);
  const columns = Object.values(TABLES).flat();
  const measured = columns.filter((name) => of[name] !== "").map((name) => `${name} ${of[name]}`);
  return `${run.agent} agent, ${run.server} server, ${report.name}: ${measured.join(", ")}`;
}

/** Writes the reports to the tables in docs/load.md and replaces those with the same eras and load. */
export async function writeSoak(run: SoakRun, reports: readonly SoakReport[]): Promise<void> {
  for (const report of reports) {
    const of = cells(run, report);
    const keys = [run.agent, run.server, report.name];
    for (const [table, columns] of Object.entries(TABLES)) {
      const head = ["agent", "server", "load", ...columns];
      await writeRow(table, head, keys.length, [...keys, ...columns.map((name) => of[name])]);
    }
  }
}

function cells({ minutes }: SoakRun, report: SoakReport): Record<Column, string> {
  const count = (value: number | undefined): string => value?.toLocaleString("en") ?? "";
  return {
    minutes: String(minutes),
    calls: count(report.calls),
    uploads: count(report.uploads),
    "missing or repeated answers": count(report.unanswered),
    "wrong results": count(report.wrong),
    "sign-ins lost": count(report.lost),
    verdict: isGood(report, minutes) ? "passed" : "failed",
    faults: count(report.faults),
    "calls that reported one": count(report.failed),
    "token expiries": count(report.expiries),
    kills: count(report.kills),
    "kills during a refresh": count(report.killsInRenewal),
    "peak memory": `${report.mostMegabytes.toFixed(0)} MB`,
    "memory growth": `${report.grownMegabytes.toFixed(1)} MB`,
    "descriptor growth": String(report.grownDescriptors)
  };
}
