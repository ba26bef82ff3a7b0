import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer, request as httpRequest } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startCounterpart } from "../sandbox/counterpart/counterpart.ts";
import { type Message, StdioDriver } from "../sandbox/client/stdio-driver.ts";

/**
 * Calls tools through the built `imgwire-mcp` for a long time while 5% of the requests to the hosted server
 * are cut or refused with 503, and sees to it that every id is answered exactly once and memory stays flat:
 *
 *     npm run soak -- [minutes, default 60] [era of the server] [era of the agent]
 *
 * Both eras are legacy where nothing else is said.
 */
const ROOT = join(import.meta.dirname, "..");
const MINUTES = Number(process.argv[2] ?? 60);
const SERVER = eraOf(process.argv[3]) ?? "legacy";
const AGENT = eraOf(process.argv[4]) ?? "legacy";
const AT_ONCE = 8;
const SAMPLE_MS = Math.min(10_000, (MINUTES * 60_000) / 20);
/** What the lowest point of the second half may lie above that of the first, in megabytes. */
const FLAT_MB = 10;
const MOST_MB = 150;
const CAPABILITIES = { elicitation: {}, sampling: {}, roots: {} };
const TOOLS = ["echo", "note", "ask", "ask_all", "progress"];

const folder = mkdtempSync(join(tmpdir(), "soak-"));
const hosted = await startCounterpart(SERVER);
const faults = await startFaults(new URL(hosted.url));
const driver = new StdioDriver({
  args: [join(ROOT, "bin/imgwire-mcp.js")],
  env: {
    IMGWIRE_MCP_URL: faults.url,
    IMGWIRE_CONFIG_DIR: folder,
    IMGWIRE_ACCESS_TOKEN: "soak",
    IMGWIRE_LOG_LEVEL: "error"
  }
});
driver.onRequest = answerTo;
/** How many answers each call that has been made has got. */
const answers: number[] = [];
const memory: number[] = [];
let made = 0;
let failed = 0;
let mistaken = 0;

if (AGENT === "legacy") await driver.initialize(CAPABILITIES);
driver.messages.length = 0;
const sampling = setInterval(sample, SAMPLE_MS);
const until = Date.now() + MINUTES * 60_000;
await Promise.all(Array.from({ length: AT_ONCE }, () => work()));
clearInterval(sampling);
sample();
const code = await driver.end();
countAnswers();
await Promise.all([faults.close(), hosted.close()]);
rmSync(folder, { recursive: true, force: true });
process.exitCode = report() ? 0 : 1;

async function work(): Promise<void> {
  while (Date.now() < until) {
    const name = TOOLS[made % TOOLS.length]!;
    if (made % 500 === 0) hosted.forget();
    const { answer, text } = await call(name);
    if (answer.error || answer.result?.["isError"]) failed++;
    else if (name === "echo" && !isEcho(answer, text)) mistaken++;
    if (driver.messages.length >= 5_000) countAnswers();
  }
}

/** One call; a modern agent asks again with what it was asked for. */
async function call(name: string): Promise<{ answer: Message; text: string }> {
  const text = `${made + 1}`;
  let more: object = {};
  for (;;) {
    const id = ++made;
    answers[id] = 0;
    const params = { name, arguments: { text }, ...more, _meta: { ...envelope(), progressToken: id } };
    const answer = await driver.request("tools/call", params, id);
    const { inputRequests, requestState } = answer.result ?? {};
    if (inputRequests === undefined) return { answer, text };
    const asked = Object.entries(inputRequests as Record<string, Message>);
    const inputResponses = Object.fromEntries(asked.map(([key, request]) => [key, answerTo(request)]));
    more = { inputResponses, ...(requestState !== undefined && { requestState: requestState as string }) };
  }
}

/** What a request of a modern agent says of the agent. */
function envelope(): object {
  if (AGENT === "legacy") return {};
  const name = "io.modelcontextprotocol";
  return {
    [`${name}/protocolVersion`]: "2026-07-28",
    [`${name}/clientInfo`]: { name: "soak", version: "1.0.0" },
    [`${name}/clientCapabilities`]: CAPABILITIES
  };
}

function eraOf(word: string | undefined): "legacy" | "modern" | undefined {
  if (word === undefined || word === "legacy" || word === "modern") return word;
  throw new TypeError(`${word} is no era: legacy or modern.`);
}

function isEcho({ result }: Message, text: string): boolean {
  const [content] = result?.["content"] as { text?: string }[];
  return content?.text === text;
}

/**
 * Counts every answer that has come, wanted or not, and throws the messages away, so that what is measured is
 * not this script's own growth.
 */
function countAnswers(): void {
  for (const { id, method } of driver.messages) {
    if (method === undefined) answers[Number(id)] = (answers[Number(id)] ?? 0) + 1;
  }
  driver.messages.length = 0;
  driver.lines.length = 0;
}

function answerTo(request: Message): Record<string, unknown> {
  if (request.method === "elicitation/create") return { action: "accept", content: { name: "Robin" } };
  if (request.method === "roots/list") return { roots: [{ uri: "file:///project" }] };
  return { model: "test", role: "assistant", content: { type: "text", text: "Paris" } };
}

/** A proxy in front of the server that cuts one request in forty and refuses another one in forty. */
async function startFaults(target: URL): Promise<{ url: string; close: () => Promise<void>; done: number }> {
  const state = { url: "", done: 0, close: () => Promise.resolve() };
  const server = createServer((req, res) => {
    const fate = req.method === "POST" ? Math.random() : 1;
    if (fate < 0.05) state.done++;
    if (fate < 0.0125) return void req.socket.destroy();
    if (fate >= 0.025 && fate < 0.05) {
      const headers = fate < 0.0375 ? { "retry-after": "0" } : {};
      return void req.resume().on("end", () => res.writeHead(503, headers).end());
    }
    const options = {
      host: target.hostname,
      port: target.port,
      path: target.pathname,
      method: req.method,
      headers: req.headers
    };
    const onward = httpRequest(options, (answer) => {
      // The other half of the cuts comes after the server has done the work.
      if (fate < 0.025) return req.socket.destroy();
      res.writeHead(answer.statusCode ?? 502, answer.headers);
      return void answer.pipe(res);
    });
    onward.on("error", () => res.destroy());
    res.on("close", () => onward.destroy());
    req.pipe(onward);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  state.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}${target.pathname}`;
  state.close = () => {
    server.closeAllConnections();
    return new Promise((resolve) => server.close(() => resolve()));
  };
  return state;
}

function sample(): void {
  hosted.seen.length = 0;
  hosted.notes.length = 0;
  const status = readFileSync(`/proc/${driver.child.pid}/status`, "utf8");
  memory.push(Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) / 1024);
  process.stderr.write(
    `${made} calls, ${failed} failed, ${faults.done} faults, ${memory.at(-1)!.toFixed(0)} MB\n`
  );
}

function report(): boolean {
  const wrong = answers.filter((count) => count !== 1).length;
  // The heap climbs until it is collected: what it falls back to is what counts.
  const half = memory.length >> 1;
  const growth = Math.min(...memory.slice(half)) - Math.min(...memory.slice(3, half));
  const most = Math.max(...memory);
  process.stdout.write(
    `agent ${AGENT}, server ${SERVER}: ${made} calls in ${MINUTES} minutes with ${faults.done} faults: ${failed} told of a fault, ` +
      `${wrong} not answered exactly once, ${mistaken} answered with another's answer; memory at most ${most.toFixed(0)} MB, at rest ${growth.toFixed(1)} MB more in the second half; exit code ${code}.\n`
  );
  const answered = answers.filter((count) => count === 1).length === made && wrong === 0 && mistaken === 0;
  return answered && (growth < FLAT_MB || MINUTES < 10) && most < MOST_MB && code === 0 && faults.done > 0;
}
