import { mkdtempSync, readdirSync, readFileSync } from "node:fs";
import { SourceMap } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { StdioDriver } from "../sandbox/client/stdio-driver.ts";
import { startCounterpart } from "../sandbox/counterpart/counterpart.ts";
import { isCall, respond, textResult } from "./mcp/intercept.ts";
import { removeFolder } from "./support/folder.ts";
import { baseEnv, bin, ROOT } from "./support/program.ts";

/** What V8 writes about one script with NODE_V8_COVERAGE. */
interface ScriptCoverage {
  url: string;
  functions: { functionName: string; ranges: { startOffset: number; count: number }[] }[];
}

const MAX_FUNCTIONS = 35;
const MAX_FILES = 22;
/** Enough to distinguish functions that run in every call from those that only run at the start. */
const CALLS = 500;

const section = /## A tool call.*?```\n(?<drawing>.*?)```\n(?<text>.*?)\n## /s.exec(
  readFileSync(join(ROOT, "ARCHITECTURE.md"), "utf8")
)?.groups as { drawing: string; text: string };

/** The drawn functions, as `file: function`. */
const drawn = [
  ...new Set(
    section.drawing
      .trim()
      .split("\n")
      .map((line) => line.split(/ {2,}/))
      .flatMap(([file = "", names = ""]) => names.split(", ").map((name) => `${file}: ${name}`))
  )
];

let folder: string;
/** How often each function of a file was called, as drawn. */
let called: Map<string, number>;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "imgwire-coverage-"));
  const coverage = join(folder, "coverage");
  const hosted = await startCounterpart("legacy");
  // Answered in JSON, as drawn.
  hosted.intercept = (_req, res, seen) =>
    isCall(seen, "echo") && respond(res, seen, { result: textResult("") });
  const env = baseEnv({
    IMGWIRE_MCP_URL: hosted.url,
    IMGWIRE_CONFIG_DIR: join(folder, "config"),
    IMGWIRE_ACCESS_TOKEN: "CANARY-token",
    NODE_V8_COVERAGE: coverage
  });
  const driver = new StdioDriver({ args: [bin("imgwire-mcp")], env });
  try {
    await driver.initialize();
    for (let at = 0; at < CALLS; at++) await driver.call("echo");
    await driver.end();
  } finally {
    await driver.kill();
    await hosted.close();
  }
  called = callsIn(readdirSync(coverage).map((name) => join(coverage, name)));
});
afterAll(() => removeFolder(folder));

describe("the way of a tool call in ARCHITECTURE.md", () => {
  it("draws only functions that each call passes", () => {
    expect(drawn.filter((each) => (called.get(each) ?? 0) < CALLS)).toEqual([]);
  });

  it("names every file that a call enters", () => {
    const files = [...called].filter(([, count]) => count >= CALLS).map(([name]) => name.split(":")[0]!);
    const isNamed = (file: string): boolean =>
      drawn.some((each) => each.startsWith(`${file}:`)) ||
      section.text.includes(`\`${file}\``) ||
      section.text.includes(`\`${file.split("/")[0]}/\``);
    expect([...new Set(files)].filter((file) => !isNamed(file))).toEqual([]);
  });

  it("counts its functions and files, and stays within their limits", () => {
    const files = new Set(drawn.map((each) => each.split(":")[0]));
    expect(section.text).toContain(`These ${drawn.length} functions in ${files.size} files`);
    expect(drawn.length).toBeLessThanOrEqual(MAX_FUNCTIONS);
    expect(files.size).toBeLessThanOrEqual(MAX_FILES);
  });
});

function callsIn(reports: readonly string[]): Map<string, number> {
  const calls = new Map<string, number>();
  for (const report of reports) {
    const { result } = JSON.parse(readFileSync(report, "utf8")) as { result: ScriptCoverage[] };
    for (const { url, functions } of result) {
      const script = url.startsWith("file:") ? fileURLToPath(url) : "";
      if (dirname(script) !== join(ROOT, "dist")) continue;
      const locate = locatorOf(script);
      for (const { functionName, ranges } of functions) {
        const [{ startOffset, count } = { startOffset: 0, count: 0 }] = ranges;
        const file = functionName === "" ? undefined : locate(startOffset);
        const key = `${file}: ${functionName}`;
        if (file) calls.set(key, (calls.get(key) ?? 0) + count);
      }
    }
  }
  return calls;
}

/**
 * Finds the source file of a place in a built script, as ARCHITECTURE.md names it; undefined if it isn't
 * ours.
 */
function locatorOf(script: string): (offset: number) => string | undefined {
  const text = readFileSync(script, "utf8");
  const map = new SourceMap(JSON.parse(readFileSync(`${script}.map`, "utf8")) as never);
  return (offset) => {
    const before = text.slice(0, offset).split("\n");
    // A function that starts its line is mapped from its name on.
    const entry = map.findEntry(before.length - 1, before.at(-1)!.length + 1);
    if (!("originalSource" in entry)) return undefined;
    const source = relative(join(ROOT, "src"), resolve(dirname(script), entry.originalSource));
    return source.startsWith("..") ? undefined : source.replace(/^mcp\//, "").replace(/\.ts$/, "");
  };
}
