import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { cpus, platform, release, tmpdir, totalmem } from "node:os";
import { dirname, join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { parseArgs } from "node:util";

/**
 * Measures this program, its peer and a client that needs neither, in turn against one local server:
 *
 *     npm run bench -- [--rounds 5] [--json <file>]
 *
 * The table goes to stdout; `--json` writes the same figures, every sample and the machine to a file.
 */
const ROOT = join(import.meta.dirname, "..");
const CALLS = 500;
const BURST = 2_000;
const STARTS = 15;

const { values } = parseArgs({
  options: {
    rounds: { type: "string", default: "3" },
    json: { type: "string" },
    server: { type: "boolean", default: false }
  }
});
type Samples = Record<string, number[]>;

interface Answer {
  id?: number;
  result?: { isError?: boolean };
}

/** A call that failed is no figure. */
function checkAnswer(answer: Answer, id: number): void {
  if (answer.id === id && answer.result && !answer.result.isError) return;
  throw new Error(`Call ${id} failed: ${JSON.stringify(answer)}`);
}

/** Somebody who can be asked to call a tool. */
interface Contestant {
  call(id: number): Promise<void>;
}

/** An MCP server on stdio, driven with as little in between as can be. */
class StdioContestant implements Contestant {
  readonly child: ChildProcess;
  #waiting = new Map<number, (answer: Answer) => void>();
  #rest = "";

  constructor(args: readonly string[], env: NodeJS.ProcessEnv) {
    this.child = spawn(process.execPath, [...args], { env, stdio: ["pipe", "pipe", "ignore"] });
    this.child.stdout!.setEncoding("utf8").on("data", (text: string) => this.#take(text));
  }

  async request(id: number, method: string, params: object): Promise<void> {
    const answered = new Promise<Answer>((resolve) => this.#waiting.set(id, resolve));
    this.child.stdin!.write(`${JSON.stringify({ jsonrpc: "2.0", id, method, params })}\n`);
    checkAnswer(await answered, id);
  }

  async initialize(): Promise<void> {
    await this.request(0, "initialize", initializeParams);
    this.child.stdin!.write('{"jsonrpc":"2.0","method":"notifications/initialized"}\n');
  }

  call(id: number): Promise<void> {
    return this.request(id, "tools/call", callParams);
  }

  /** Resident memory in megabytes. */
  rss(): number {
    const status = readFileSync(`/proc/${this.child.pid}/status`, "utf8");
    return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) / 1024;
  }

  /** Closes stdin; resolves with the milliseconds until the process is gone. */
  async end(): Promise<number> {
    const gone = once(this.child, "exit");
    const started = performance.now();
    this.child.stdin!.end();
    const timer = setTimeout(() => this.child.kill("SIGKILL"), 10_000);
    await gone;
    clearTimeout(timer);
    return performance.now() - started;
  }

  #take(text: string): void {
    const lines = (this.#rest + text).split("\n");
    this.#rest = lines.pop()!;
    for (const line of lines) {
      const answer = JSON.parse(line) as Answer;
      if (answer.id === undefined) continue;
      this.#waiting.get(answer.id)?.(answer);
      this.#waiting.delete(answer.id);
    }
  }
}

const initializeParams = {
  protocolVersion: "2025-11-25",
  capabilities: {},
  clientInfo: { name: "bench", version: "1.0.0" }
};
const callParams = { name: "echo", arguments: { text: "x".repeat(200) } };

/** A client in this process, on Node's fetch: what the others are measured against. */
class DirectContestant implements Contestant {
  #session: string | undefined;

  constructor(private readonly url: string) {}

  async initialize(): Promise<void> {
    const response = await this.#post({ id: 0, method: "initialize", params: initializeParams });
    this.#session = response.headers.get("mcp-session-id") ?? undefined;
    await response.text();
    await (await this.#post({ method: "notifications/initialized" })).text();
  }

  async call(id: number): Promise<void> {
    const response = await this.#post({ id, method: "tools/call", params: callParams });
    const text = await response.text();
    const data = text.startsWith("{") ? text : /^data: (.+)$/m.exec(text)?.[1];
    checkAnswer(JSON.parse(data ?? "{}") as Answer, id);
  }

  #post(message: object): Promise<Response> {
    const headers = {
      "content-type": "application/json",
      accept: "application/json, text/event-stream",
      "mcp-protocol-version": "2025-11-25",
      ...(this.#session && { "mcp-session-id": this.#session })
    };
    return fetch(this.url, { method: "POST", headers, body: JSON.stringify({ jsonrpc: "2.0", ...message }) });
  }
}

async function bench(): Promise<void> {
  const server = await startServer();
  const folder = mkdtempSync(join(tmpdir(), "bench-"));
  const starters = {
    "imgwire-mcp": () =>
      new StdioContestant([join(ROOT, "bin/imgwire-mcp.js")], settings(server.url, folder)),
    "mcp-remote": () =>
      new StdioContestant([peer(), server.url, "--allow-http"], settings(server.url, folder))
  };
  const samples: Record<string, Samples> = { node: {}, direct: {}, "imgwire-mcp": {}, "mcp-remote": {} };
  try {
    for (let at = 0; at < STARTS; at++) {
      note(samples["node"]!, "start", await bareNode(settings(server.url, folder)));
      for (const [name, start] of Object.entries(starters)) await measureStart(start(), samples[name]!);
    }
    // Not counted: the server gets faster with its first calls, which would be to the charge of whoever makes them.
    await measureDirect(server.url, {});
    for (let round = 0; round < Number(values.rounds); round++) {
      await measureDirect(server.url, samples["direct"]!);
      for (const [name, start] of Object.entries(starters)) await measureRun(start(), samples[name]!);
    }
  } finally {
    server.child.kill();
    rmSync(folder, { recursive: true, force: true });
  }
  const sizes = { "imgwire-mcp": ownSize(), "mcp-remote": treeSize(["mcp-remote"]) };
  report(samples, sizes);
}

async function measureStart(contestant: StdioContestant, samples: Samples): Promise<void> {
  const started = performance.now();
  await contestant.initialize();
  note(samples, "start", performance.now() - started);
  await contestant.call(1);
  note(samples, "first", performance.now() - started);
  await contestant.end();
}

async function measureDirect(url: string, samples: Samples): Promise<void> {
  const direct = new DirectContestant(url);
  await direct.initialize();
  await measureCalls(direct, samples);
}

async function measureRun(contestant: StdioContestant, samples: Samples): Promise<void> {
  await contestant.initialize();
  await contestant.call(1);
  await delay(1_000);
  note(samples, "rssIdle", contestant.rss());
  await measureCalls(contestant, samples);
  note(samples, "rssAfter", contestant.rss());
  await delay(500);
  note(samples, "exit", await contestant.end());
}

async function measureCalls(contestant: Contestant, samples: Samples): Promise<void> {
  let id = 100;
  for (let at = 0; at < 50; at++) await contestant.call(id++);
  const latencies: number[] = [];
  for (let at = 0; at < CALLS; at++) {
    const started = performance.now();
    await contestant.call(id++);
    latencies.push(performance.now() - started);
  }
  note(samples, "p50", quantile(latencies, 0.5));
  note(samples, "p99", quantile(latencies, 0.99));
  const started = performance.now();
  await Promise.all(Array.from({ length: BURST }, () => contestant.call(id++)));
  note(samples, "burst", performance.now() - started);
}

/** In the same environment as the others: `NODE_EXTRA_CA_CERTS`, for one, doubles the time that Node takes to start. */
async function bareNode(env: NodeJS.ProcessEnv): Promise<number> {
  const started = performance.now();
  await once(spawn(process.execPath, ["-e", "0"], { env, stdio: "ignore" }), "exit");
  return performance.now() - started;
}

async function startServer(): Promise<{ url: string; child: ChildProcess }> {
  const args = ["--import", "tsx", join(ROOT, "scripts/bench.ts"), "--server"];
  const child = spawn(process.execPath, args, { cwd: ROOT, stdio: ["ignore", "pipe", "inherit"] });
  const [line] = (await once(child.stdout.setEncoding("utf8"), "data")) as [string];
  return { url: line.trim(), child };
}

/** As an agent starts its servers: with the environment that it was started with itself, but for a proxy. */
function settings(url: string, folder: string): NodeJS.ProcessEnv {
  const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith("IMGWIRE_"));
  return {
    ...Object.fromEntries(inherited.filter(([name]) => name !== "no_proxy")),
    NO_PROXY: "*",
    HOME: folder,
    IMGWIRE_MCP_URL: url,
    IMGWIRE_CONFIG_DIR: folder,
    IMGWIRE_ACCESS_TOKEN: "bench",
    MCP_REMOTE_CONFIG_DIR: folder
  };
}

function peer(): string {
  const folder = join(ROOT, "node_modules/mcp-remote");
  const { bin } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as {
    bin: Record<string, string>;
  };
  return join(folder, bin["mcp-remote"]!);
}

/** What `npx imgwire-mcp` installs: the package itself and its run-time tree. */
function ownSize(): Size {
  const listing = execFileSync("npm", ["pack", "--dry-run", "--json", "--silent"], {
    cwd: ROOT,
    encoding: "utf8"
  });
  const [packed] = JSON.parse(listing) as {
    unpackedSize: number;
  }[];
  const { dependencies } = readPackage(ROOT);
  const tree = treeSize(Object.keys(dependencies ?? {}));
  return { bytes: tree.bytes + (packed?.unpackedSize ?? 0), packages: tree.packages + 1 };
}

interface Size {
  bytes: number;
  packages: number;
}
interface Manifest {
  dependencies?: Record<string, string>;
  optionalDependencies?: Record<string, string>;
  version: string;
}

/** The installed size of packages with everything they depend on, as far as it is installed here. */
function treeSize(names: readonly string[]): Size {
  const seen = new Set<string>();
  const queue = names.map((name) => ({ name, from: ROOT }));
  for (let next = queue.pop(); next; next = queue.pop()) {
    const folder = locate(next.name, next.from);
    if (!folder || seen.has(folder)) continue;
    seen.add(folder);
    const { dependencies, optionalDependencies } = readPackage(folder);
    for (const name of Object.keys({ ...dependencies, ...optionalDependencies }))
      queue.push({ name, from: folder });
  }
  const bytes = [...seen].reduce((sum, folder) => sum + folderSize(folder), 0);
  return { bytes, packages: seen.size };
}

function locate(name: string, from: string): string | undefined {
  for (let folder = from; ; folder = dirname(folder)) {
    const candidate = join(folder, "node_modules", name);
    if (existsSync(join(candidate, "package.json"))) return candidate;
    if (dirname(folder) === folder) return undefined;
  }
}

function readPackage(folder: string): Manifest {
  return JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as Manifest;
}

function folderSize(folder: string): number {
  return readdirSync(folder, { withFileTypes: true }).reduce((sum, entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return entry.name === "node_modules" ? sum : sum + folderSize(path);
    return sum + statSync(path).size;
  }, 0);
}

function note(samples: Samples, name: string, value: number): void {
  (samples[name] ??= []).push(value);
}

function quantile(values: readonly number[], at: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * at))] ?? Number.NaN;
}

/** What is measured: its title and unit, and whom it is compared with. */
const ROWS: readonly { title: string; what: string; unit: string; base?: string }[] = [
  { title: "start to the initialize answer", what: "start", unit: "ms", base: "node" },
  { title: "start to the first tool result", what: "first", unit: "ms" },
  { title: "call, p50", what: "p50", unit: "ms", base: "direct" },
  { title: "call, p99", what: "p99", unit: "ms", base: "direct" },
  { title: `burst of ${BURST} calls`, what: "burst", unit: "ms", base: "direct" },
  { title: "resident memory, idle", what: "rssIdle", unit: "MB" },
  { title: "resident memory, after the burst", what: "rssAfter", unit: "MB" },
  { title: "stdin closed to exit", what: "exit", unit: "ms" }
];
const PROGRAMS = ["imgwire-mcp", "mcp-remote"];

function report(samples: Record<string, Samples>, sizes: Record<string, Size>): void {
  const median = (who: string, what: string): number => quantile(samples[who]?.[what] ?? [], 0.5);
  const figures = ROWS.map(({ title, what, unit, base }) => {
    const baseline = base && { who: base, median: median(base, what) };
    const medians = PROGRAMS.map((who) => {
      const value = median(who, what);
      return [who, { median: value, ...(baseline && { ratio: value / baseline.median }) }] as const;
    });
    return { title, unit, ...(baseline && { baseline }), programs: Object.fromEntries(medians) };
  });
  const versions = {
    "imgwire-mcp": readPackage(ROOT).version,
    "mcp-remote": readPackage(join(ROOT, "node_modules/mcp-remote")).version
  };
  const machine = describeMachine();
  const lines = [`Medians on ${machine}; mcp-remote ${versions["mcp-remote"]}.`, ""];
  lines.push(line("", "baseline", ...PROGRAMS.flatMap((who) => [who, "ratio"])));
  for (const { title, unit, baseline, programs } of figures) {
    const cells = Object.values(programs).flatMap(({ median: value, ratio }) => [
      `${value.toFixed(1)} ${unit}`,
      ratio === undefined ? "" : `${ratio.toFixed(2)}×`
    ]);
    lines.push(line(title, baseline ? `${baseline.median.toFixed(1)} ${unit}` : "", ...cells));
  }
  const megabytes = PROGRAMS.map((who) => `${((sizes[who]?.bytes ?? 0) / 2 ** 20).toFixed(1)} MB`);
  lines.push(line("installed size", "", ...megabytes.flatMap((cell) => [cell, ""])));
  lines.push(line("packages", "", ...PROGRAMS.flatMap((who) => [String(sizes[who]?.packages), ""])));
  process.stdout.write(`${lines.join("\n")}\n`);
  if (!values.json) return;
  const document = { machine, versions, figures, sizes, samples };
  writeFileSync(values.json, `${JSON.stringify(document, undefined, 2)}\n`);
}

function describeMachine(): string {
  const hardware = `${cpus().length} × ${cpus()[0]?.model ?? "?"}, ${Math.round(totalmem() / 2 ** 30)} GB`;
  const variables = Object.keys(process.env)
    .filter((name) => name.startsWith("NODE_"))
    .sort();
  const environment = variables.length > 0 ? ` with ${variables.join(", ")}` : "";
  return `${hardware}, ${platform()} ${release()}, Node ${process.version}${environment}`;
}

function line(title: string, ...cells: string[]): string {
  return title.padEnd(34) + cells.map((cell) => cell.padStart(12)).join("");
}

if (values.server) await (await import("./bench-server.ts")).serve();
else await bench();
