import { execFile, execFileSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** Revisions whose requirement sets the suite has frozen. */
export const REVISIONS = ["2025-11-25", "2026-07-28"] as const;
export type Revision = (typeof REVISIONS)[number];
/** How an agent or a server speaks: with a handshake (up to 2025-11-25) or without (from 2026-07-28). */
export const ERAS = ["legacy", "modern"] as const;
export type Era = (typeof ERAS)[number];
/** Which side of the protocol a scenario tests. */
export type Leg = "client" | "server";

/** One verdict of the suite about one statement of the specification. */
export interface Check {
  id: string;
  name: string;
  description: string;
  status: "SUCCESS" | "FAILURE" | "WARNING" | "SKIPPED" | "INFO";
  errorMessage?: string;
}

/** One scenario at one revision, with one era on the side of the program where the suite is not. */
export interface Cell {
  leg: Leg;
  scenario: string;
  revision: Revision;
  /** The era of the agent in front (client scenarios) or of the hosted server behind (server scenarios). */
  with: Era;
}

export interface Result extends Cell {
  /** Why it failed; undefined when it passed. */
  why: string | undefined;
}

/** One run of the suite's own program. */
export interface SuiteRun {
  /** Its arguments, the subcommand first. */
  args: readonly string[];
  env?: Record<string, string>;
  /** An empty folder for what it leaves behind. */
  output: string;
}

export interface SuiteOutcome {
  passed: boolean;
  /** Per scenario that left any, in the order of their names. */
  checks: ReadonlyMap<string, readonly Check[]>;
  /** What it printed, both streams. */
  printed: string;
}

const FOLDER = dirname(fileURLToPath(import.meta.resolve("@modelcontextprotocol/conformance/package.json")));
const OLDEST_NODE = 22;

/** The scenarios that a revision requires of one side: the suite's frozen list, in its order. */
export function requiredScenarios(leg: Leg, revision: Revision): string[] {
  const text = readFileSync(join(FOLDER, "requirements", `${revision}.yaml`), "utf8");
  const [, list = ""] = new RegExp(`^${leg}:\\n((?: {2}- .*\\n)+)`, "m").exec(text) ?? [];
  const names = [...list.matchAll(/^ {2}- (\S+)$/gm)].map(([, name]) => name!);
  if (names.length === 0)
    throw new Error(`The suite's list of ${leg} scenarios for ${revision} is not found.`);
  return names;
}

/** Server scenarios of extensions that the program offers; the suite's lists of requirements have none. */
export const EXTENSION_SCENARIOS: readonly string[] = [
  "sep-2640-skills-enumeration",
  "sep-2640-skills-manifest",
  "sep-2640-skills-directory"
];

/**
 * A Node that the suite runs on: this one where it is new enough, else one from npm, which npm keeps in its
 * cache. The program under test always runs on this one.
 */
export function suiteNode(): string {
  if (Number(process.versions.node.split(".")[0]) >= OLDEST_NODE) return process.execPath;
  const platform = process.platform === "win32" ? "win" : process.platform;
  const source = `node-${platform}-${process.arch}@${OLDEST_NODE}`;
  const args = ["exec", "--yes", `--package=${source}`, "--", "node", "-p", "process.execPath"];
  return execFileSync("npm", args, { encoding: "utf8", stdio: ["ignore", "pipe", "inherit"] }).trim();
}

/** Runs the suite to its end. It fails on warnings too. */
export function runSuite(node: string, { args, env, output }: SuiteRun): Promise<SuiteOutcome> {
  const line = [join(FOLDER, "dist/index.js"), ...args, "--output-dir", output];
  const options = { env: { ...process.env, ...env }, maxBuffer: 64 * 1024 * 1024 };
  return new Promise((resolve) => {
    execFile(node, line, options, (error, stdout, stderr) =>
      resolve({ passed: error === null, checks: readChecks(output), printed: stdout + stderr })
    );
  });
}

/**
 * What the checks of a scenario have against it, warnings too; undefined when nothing, and something was
 * checked.
 */
export function objections(checks: readonly Check[]): string | undefined {
  const bad = checks.filter(({ status }) => status === "FAILURE" || status === "WARNING");
  if (bad.length > 0)
    return bad.map((check) => `${check.id}: ${check.errorMessage ?? check.description}`).join("; ");
  return checks.some(({ status }) => status === "SUCCESS") ? undefined : "nothing was checked";
}

/** The suite leaves a folder per scenario, named after it (slashes are folders too) and the time. */
function readChecks(output: string): Map<string, Check[]> {
  const files = readdirSync(output, { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith("checks.json"))
    .sort();
  return new Map(
    files.map((file) => {
      const scenario = dirname(file)
        .replaceAll("\\", "/")
        .replace(/^server-/, "")
        .replace(/-\d{4}-\d{2}-\d{2}T[\dZ-]+$/, "");
      return [scenario, JSON.parse(readFileSync(join(output, file), "utf8")) as Check[]];
    })
  );
}
