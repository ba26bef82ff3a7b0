import { execFile, execFileSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { nodePackage } from "../program.ts";

/** The revisions whose requirements the suite has frozen. */
export const REVISIONS = ["2025-11-25", "2026-07-28"] as const;
export type Revision = (typeof REVISIONS)[number];
/** How an agent or server speaks MCP: with a handshake (up to 2025-11-25) or without (from 2026-07-28). */
export const ERAS = ["legacy", "modern"] as const;
export type Era = (typeof ERAS)[number];
/** The side of the protocol that a scenario tests. */
export type Leg = "client" | "server";

/** The suite's result for one statement of the specification. */
export interface Check {
  id: string;
  name: string;
  description: string;
  status: "SUCCESS" | "FAILURE" | "WARNING" | "SKIPPED" | "INFO";
  errorMessage?: string;
}

/** One scenario at one revision, with a given era on the program's other side. */
export interface Cell {
  leg: Leg;
  scenario: string;
  revision: Revision;
  /** The era of the agent (client scenarios) or of the hosted server (server scenarios). */
  with: Era;
}

export interface Result extends Cell {
  /** Why it failed; undefined if it passed. */
  why: string | undefined;
}

/** A run of the suite's own program. */
export interface SuiteRun {
  /** Its arguments, starting with the subcommand. */
  args: readonly string[];
  env?: Record<string, string>;
  /** An empty folder for its results. */
  output: string;
}

export interface SuiteOutcome {
  passed: boolean;
  /** By scenario, sorted by name; scenarios without results are missing. */
  checks: ReadonlyMap<string, readonly Check[]>;
  /** What it printed to both streams. */
  printed: string;
}

const FOLDER = dirname(fileURLToPath(import.meta.resolve("@modelcontextprotocol/conformance/package.json")));
const OLDEST_NODE = 22;

/** The scenarios that a revision requires of one side, from the suite's frozen list and in its order. */
export function requiredScenarios(leg: Leg, revision: Revision): string[] {
  const text = readFileSync(join(FOLDER, "requirements", `${revision}.yaml`), "utf8");
  const [, list = ""] = new RegExp(`^${leg}:\\n((?: {2}- .*\\n)+)`, "m").exec(text) ?? [];
  const names = [...list.matchAll(/^ {2}- (\S+)$/gm)].map(([, name]) => name!);
  if (names.length === 0)
    throw new Error(`The suite's list of ${leg} scenarios for ${revision} is not found.`);
  return names;
}

/** Server scenarios of extensions that the program supports; they aren't in the suite's lists. */
export const EXTENSION_SCENARIOS: readonly string[] = [
  "sep-2640-skills-enumeration",
  "sep-2640-skills-manifest",
  "sep-2640-skills-directory"
];

/**
 * Returns a Node that can run the suite: the current one if it is new enough, otherwise one from npm, which
 * npm caches. The program under test always runs on the current one.
 */
export function suiteNode(): string {
  if (Number(process.versions.node.split(".")[0]) >= OLDEST_NODE) return process.execPath;
  const { source } = nodePackage(OLDEST_NODE);
  const args = ["exec", "--yes", `--package=${source}`, "--", "node", "-p", "process.execPath"];
  return execFileSync("npm", args, { encoding: "utf8", stdio: ["ignore", "pipe", "inherit"] }).trim();
}

/** Runs the suite to completion. Warnings count as failures. */
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
 * Describes the failed checks and warnings of a scenario.
 * @returns undefined if nothing failed and at least one check passed
 */
export function objections(checks: readonly Check[]): string | undefined {
  const bad = checks.filter(({ status }) => status === "FAILURE" || status === "WARNING");
  if (bad.length > 0)
    return bad.map((check) => `${check.id}: ${check.errorMessage ?? check.description}`).join("; ");
  return checks.some(({ status }) => status === "SUCCESS") ? undefined : "nothing was checked";
}

/** Reads the results, which the suite writes to a folder named after each scenario and the time. */
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
