import { execFile, execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { parseArgs } from "node:util";

/**
 * Runs the official conformance suite through the built `imgwire-mcp`: every client scenario that the two revisions
 * require, once with an agent of the legacy era in front and once with one of the modern era.
 *
 *     npm run conformance -- [--scenario <part of a name>] [--revision <revision>] [--agent legacy|modern] [--verbose]
 */
const ROOT = join(import.meta.dirname, "..");
const SUITE = dirname(
  createRequire(import.meta.url).resolve("@modelcontextprotocol/conformance/package.json")
);
const REVISIONS = ["2025-11-25", "2026-07-28"];
const AGENTS = ["legacy", "modern"];

interface Cell {
  agent: string;
  revision: string;
  scenario: string;
}

const { values } = parseArgs({
  options: {
    scenario: { type: "string", default: "" },
    revision: { type: "string" },
    agent: { type: "string" },
    verbose: { type: "boolean", default: false }
  }
});

const folder = mkdtempSync(join(tmpdir(), "conformance-results-"));
const node = suiteNode();
const cells = AGENTS.filter((agent) => !values.agent || agent === values.agent).flatMap((agent) =>
  REVISIONS.filter((revision) => !values.revision || revision === values.revision).flatMap((revision) =>
    scenarios(revision)
      .filter((scenario) => scenario.includes(values.scenario))
      .map((scenario) => ({ agent, revision, scenario }))
  )
);
const failed: Cell[] = [];
// Two at a time: more only makes each slower on the machines this runs on.
await Promise.all([worker(cells), worker(cells)]);
rmSync(folder, { recursive: true, force: true });
report();
process.exitCode = failed.length === 0 ? 0 : 1;

async function worker(queue: Cell[]): Promise<void> {
  for (let cell = queue.shift(); cell; cell = queue.shift()) {
    const output = await run(cell);
    const passed = output === undefined;
    if (!passed) failed.push(cell);
    process.stdout.write(
      `${passed ? "ok    " : "FAILED"} ${cell.agent} agent, ${cell.revision} ${cell.scenario}\n`
    );
    if (!passed && values.verbose) process.stdout.write(output);
  }
}

/** Runs one scenario; resolves with what was printed when it failed. */
function run({ agent, revision, scenario }: Cell): Promise<string | undefined> {
  const client = `${process.execPath} --import tsx ${join(ROOT, "scripts/conformance-client.ts")}`;
  const args = [join(SUITE, "dist/index.js"), "client", "--command", client, "--scenario", scenario];
  args.push("--spec-version", revision, "--timeout", "60000", "-o", folder, "--verbose");
  return new Promise((resolve) => {
    execFile(
      node,
      args,
      { cwd: ROOT, env: { ...process.env, AGENT_ERA: agent }, maxBuffer: 1e8 },
      (error, stdout, stderr) => resolve(error ? stdout + stderr : undefined)
    );
  });
}

/** The client scenarios a revision requires, from the suite's own frozen list. */
function scenarios(revision: string): string[] {
  const text = readFileSync(join(SUITE, "requirements", `${revision}.yaml`), "utf8");
  const [, list = ""] = /^client:\n((?: {2}- .*\n)+)/m.exec(text) ?? [];
  return [...list.matchAll(/^ {2}- (\S+)$/gm)].map(([, name]) => name!);
}

/** The suite needs Node 22; the program under test runs on the Node that runs this script. */
function suiteNode(): string {
  if (Number(process.versions.node.split(".")[0]) >= 22) return process.execPath;
  const ask = [
    "exec",
    "--yes",
    `--package=node-${process.platform}-${process.arch}@22`,
    "--",
    "node",
    "-p",
    "process.execPath"
  ];
  return execFileSync("npm", ask, { encoding: "utf8", stdio: ["ignore", "pipe", "inherit"] }).trim();
}

function report(): void {
  const total = AGENTS.map((agent) => {
    const bad = failed.filter((cell) => cell.agent === agent).length;
    return `${agent} agent: ${bad === 0 ? "all passed" : `${bad} failed`}`;
  });
  process.stdout.write(`\nConformance through imgwire-mcp; ${total.join("; ")}.\n`);
}
