import { mkdtempSync, readdirSync, readFileSync } from "node:fs";
import { SourceMap } from "node:module";
import { tmpdir } from "node:os";
import { basename, dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { beforeAll, describe, expect, it } from "vitest";
import { type Message, StdioDriver } from "../sandbox/client/stdio-driver.ts";
import { type Counterpart, startCounterpart } from "../sandbox/counterpart/counterpart.ts";
import type { Era } from "../src/mcp/protocol/message.ts";
import { envelope } from "./mcp/envelope.ts";
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
const QUESTIONS = 20;

const DOCUMENT = readFileSync(join(ROOT, "ARCHITECTURE.md"), "utf8");

function sectionOf(title: string): { drawing: string; text: string } {
  const section = new RegExp(`## ${title}.*?\`\`\`\\n(?<drawing>.*?)\`\`\`\\n(?<text>.*?)\\n## `, "s");
  return section.exec(DOCUMENT)?.groups as { drawing: string; text: string };
}

const section = sectionOf("A tool call");

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

/**
 * Runs the program between an agent and a hosted server.
 * @returns how often each function of a file was called, as drawn
 */
async function trace(
  hosted: Counterpart,
  drive: (driver: StdioDriver) => Promise<void>
): Promise<Map<string, number>> {
  const folder = mkdtempSync(join(tmpdir(), "imgwire-coverage-"));
  const coverage = join(folder, "coverage");
  const env = baseEnv({
    IMGWIRE_MCP_URL: hosted.url,
    IMGWIRE_CONFIG_DIR: join(folder, "config"),
    IMGWIRE_ACCESS_TOKEN: "CANARY-token",
    NODE_V8_COVERAGE: coverage
  });
  const driver = new StdioDriver({ args: [bin("imgwire-mcp")], env });
  try {
    await drive(driver);
    await driver.end();
    return callsIn(readdirSync(coverage).map((name) => join(coverage, name)));
  } finally {
    await driver.kill();
    await hosted.close();
    await removeFolder(folder);
  }
}

describe("the way of a tool call in ARCHITECTURE.md", () => {
  let called: Map<string, number>;
  beforeAll(async () => {
    const hosted = await startCounterpart("legacy");
    // Answered in JSON, as drawn.
    hosted.intercept = (_req, res, seen) =>
      isCall(seen, "echo") && respond(res, seen, { result: textResult("") });
    called = await trace(hosted, async (driver) => {
      await driver.initialize();
      for (let at = 0; at < CALLS; at++) await driver.call("echo");
    });
  });

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

/** The functions that pass a question on, from each kind of server to the agent's era. */
const FROM_LEGACY = [
  "era/legacy/router: #ask",
  "environment/gate: ask",
  "environment/question: respond",
  "calls/agent-call: ask"
];
const FROM_MODERN = [
  "era/modern/request: retryOf",
  "environment/gate: askForRetry",
  "environment/question: respondForRetry",
  "calls/agent-call: askForRetry"
];
const QUESTION_WAYS: readonly { server: Era; agent: Era; way: readonly string[] }[] = [
  { server: "legacy", agent: "legacy", way: [...FROM_LEGACY, "era/legacy/agent: ask"] },
  { server: "legacy", agent: "modern", way: [...FROM_LEGACY, "era/modern/input-required: ask"] },
  { server: "modern", agent: "legacy", way: [...FROM_MODERN, "era/legacy/agent: ask"] },
  { server: "modern", agent: "modern", way: FROM_MODERN }
];

describe("the way of an elicitation in ARCHITECTURE.md", () => {
  const lines = sectionOf("An elicitation").drawing.split("\n");

  it.each(QUESTION_WAYS)(
    "is passed once by a question of a $server server to a $agent agent",
    async ({ server, agent, way }) => {
      const called = await trace(await startCounterpart(server), (driver) => askedBy(driver, agent));
      expect(way.map((each) => [each, called.get(each)])).toEqual(way.map((each) => [each, QUESTIONS]));
    }
  );

  it.each([...new Set(QUESTION_WAYS.flatMap(({ way }) => way))])("draws %s", (each) => {
    const [file, name] = each.split(": ") as [string, string];
    const isDrawn = (line: string): boolean =>
      line.startsWith("era/") ? line.includes(`${basename(file)} ${name}`) : line.startsWith(`${file} `);
    const line = lines.find(isDrawn);
    expect(line).toMatch(new RegExp(`(^| )${name}\\b`));
  });
});

/** Calls a tool that asks, and answers each question. */
async function askedBy(driver: StdioDriver, agent: Era): Promise<void> {
  const capabilities = { elicitation: { form: {} } };
  const answer = { action: "accept", content: { name: "Ada" } };
  const isModern = agent === "modern";
  const call = (retry: object = {}): Promise<Message> =>
    driver.request("tools/call", {
      name: "ask",
      arguments: {},
      ...retry,
      ...(isModern && { _meta: envelope(capabilities) })
    });
  driver.onRequest = () => answer;
  if (!isModern) await driver.initialize(capabilities);
  for (let at = 0; at < QUESTIONS; at++) {
    const { result = {} } = await call();
    const [key = ""] = Object.keys((result["inputRequests"] ?? {}) as object);
    const retry = { inputResponses: { [key]: answer }, requestState: result["requestState"] as unknown };
    const last = isModern ? (await call(retry)).result : result;
    expect(JSON.stringify(last)).toContain("Ada");
  }
}

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
