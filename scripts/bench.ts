import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { parseArgs } from "node:util";
import { type Contestant, DirectContestant, StdioContestant } from "./bench/contestants.ts";
import { quantile, type Samples, summarise, table } from "./bench/report.ts";
import { ownSize, readPackage, treeSize } from "./bench/sizes.ts";

/**
 * Measures this program, its peer and a client that needs neither, in turn against one local server:
 *
 *     npm run bench -- [--rounds 11] [--json <file>]
 *
 * The table goes to stdout; `--json` writes the same figures, every sample and the machine to a file.
 */
const ROOT = join(import.meta.dirname, "..");
/**
 * Calls that are not counted: until then a process is still being compiled, and not all contestants are new.
 */
const WARM_UP = 500;
const CALLS = 500;
const BURST = 2_000;
const STARTS = 15;

const { values } = parseArgs({
  options: {
    rounds: { type: "string", default: "11" },
    json: { type: "string" },
    server: { type: "boolean", default: false }
  }
});

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
    const round = async (noted: Record<string, Samples>): Promise<void> => {
      await measureDirect(server.url, noted["direct"]!);
      for (const [name, start] of Object.entries(starters)) await measureRun(start(), noted[name]!);
    };
    // Not counted: the server gets faster with its first calls, which would be to the charge of whoever makes
    // them.
    await round({ direct: {}, "imgwire-mcp": {}, "mcp-remote": {} });
    for (let at = 0; at < Number(values.rounds); at++) await round(samples);
  } finally {
    server.child.kill();
    rmSync(folder, { recursive: true, force: true });
  }
  const sizes = { "imgwire-mcp": ownSize(ROOT), "mcp-remote": treeSize(["mcp-remote"], ROOT) };
  const versions = {
    "imgwire-mcp": readPackage(ROOT).version,
    "mcp-remote": readPackage(join(ROOT, "node_modules/mcp-remote")).version
  };
  const summary = summarise({ samples, sizes, versions, burst: BURST });
  process.stdout.write(table(summary));
  if (values.json) writeFileSync(values.json, `${JSON.stringify(summary, undefined, 2)}\n`);
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
  for (let at = 0; at < WARM_UP; at++) await contestant.call(id++);
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

/**
 * In the same environment as the others: `NODE_EXTRA_CA_CERTS`, for one, doubles the time that Node takes to
 * start.
 */
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

function note(samples: Samples, name: string, value: number): void {
  (samples[name] ??= []).push(value);
}

if (values.server) await (await import("./bench/server.ts")).serve();
else await bench();
