import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { parseArgs, promisify } from "node:util";
import { COMMANDS, timeCommand } from "./bench/commands.ts";
import { compileFloor } from "./bench/compile-floor.ts";
import { type Contestant, DirectContestant, StdioContestant } from "./bench/contestants.ts";
import { installPeer, type Peer } from "./bench/peer.ts";
import { quantile, type Samples, summarise, table } from "./bench/report.ts";
import { ownSize, readPackage, treeSize } from "./bench/sizes.ts";
import { ROOT } from "./program.ts";

/**
 * Measures this program, its peer mcp-remote, a minimal proxy (the floor) and a direct client, in turn
 * against one local server:
 *
 *     npm run bench -- [--rounds 11] [--before <folder>] [--json <file>]
 *
 * `--before` names a built checkout of an earlier commit, which is measured in the same run. The table goes
 * to stdout; `--json` writes the same figures, every sample and the machine to a file.
 */
/** Calls that aren't counted, because the process's code is still being compiled. */
const WARM_UP = 500;
const CALLS = 500;
const BURST = 2_000;
const STARTS = 15;

const { values } = parseArgs({
  options: {
    rounds: { type: "string", default: "11" },
    before: { type: "string" },
    json: { type: "string" },
    server: { type: "boolean", default: false },
    direct: { type: "string" }
  }
});

/** The names of the samples, and the environments in which starts are measured. */
const STARTS_IN = { start: "without", startWithCertificates: "with" } as const;
/** Certificates that Node reads at every start if this names them, as on many corporate machines. */
const CERTIFICATES = process.env["NODE_EXTRA_CA_CERTS"] ?? "/etc/ssl/certs/ca-certificates.crt";

type Starter = (env: NodeJS.ProcessEnv) => StdioContestant;

async function bench(): Promise<void> {
  const peer = installPeer();
  const server = await startServer();
  const folder = mkdtempSync(join(tmpdir(), "bench-"));
  const floor = await compileFloor();
  const built = (checkout: string) => (env: NodeJS.ProcessEnv) =>
    new StdioContestant([join(checkout, "bin/imgwire-mcp.js")], env);
  const starters: Record<string, Starter> = {
    floor: (env) => new StdioContestant([floor, server.url], env),
    "imgwire-mcp": built(ROOT),
    ...(values.before && { before: built(values.before) }),
    "mcp-remote": (env) => new StdioContestant([peer.bin, server.url, "--allow-http"], env)
  };
  const names = ["node", "direct", ...Object.keys(starters)];
  const empty = (): Record<string, Samples> => Object.fromEntries(names.map((name) => [name, {}]));
  const samples = empty();
  const env = settings(server.url, folder);
  try {
    for (let at = 0; at < STARTS; at++) await measureStarts(starters, env, samples);
    // The first round isn't counted: the server gets faster during its first calls, which would put the
    // contestant that makes them at a disadvantage.
    for (let at = 0; at <= Number(values.rounds); at++) {
      const into = at === 0 ? empty() : samples;
      await measureDirect(server.url, into["direct"]!);
      for (const [name, start] of Object.entries(starters)) await measureRun(start(env), into[name]!);
    }
  } finally {
    server.child.kill();
    rmSync(folder, { recursive: true, force: true });
  }
  report(samples, peer);
}

function report(samples: Readonly<Record<string, Samples>>, peer: Peer): void {
  const sizes = { "imgwire-mcp": ownSize(ROOT), "mcp-remote": treeSize(["mcp-remote"], peer.root) };
  const versions = { "imgwire-mcp": readPackage(ROOT).version, "mcp-remote": peer.version };
  const summary = summarise({ samples, sizes, versions, burst: BURST });
  process.stdout.write(table(summary));
  if (values.json) writeFileSync(values.json, `${JSON.stringify(summary, undefined, 2)}\n`);
}

async function measureStarts(
  starters: Readonly<Record<string, Starter>>,
  env: NodeJS.ProcessEnv,
  samples: Readonly<Record<string, Samples>>
): Promise<void> {
  for (const [what, certificates] of Object.entries(STARTS_IN)) {
    if (certificates === "with" && !existsSync(CERTIFICATES)) continue;
    const own = { ...env, NODE_EXTRA_CA_CERTS: certificates === "with" ? CERTIFICATES : undefined };
    note(samples["node"]!, what, await bareNode(own));
    for (const [name, start] of Object.entries(starters)) {
      const first = certificates === "with" ? undefined : "first";
      await measureStart(start(own), samples[name]!, what, first);
    }
  }
  const own = { ...env, NODE_EXTRA_CA_CERTS: undefined };
  for (const [name, args] of Object.entries(COMMANDS))
    note(samples["imgwire-mcp"]!, name, await timeCommand(args, own));
}

/**
 * @param what the name of the samples of its start
 * @param first the name of the samples of its first result, if measured
 */
async function measureStart(
  contestant: StdioContestant,
  samples: Samples,
  what: string,
  first: string | undefined
): Promise<void> {
  const started = performance.now();
  await contestant.initialize();
  note(samples, what, performance.now() - started);
  await contestant.call(1);
  if (first) note(samples, first, performance.now() - started);
  await contestant.end();
}

/** Measures the direct client in a separate process, because one that has already made calls is faster. */
async function measureDirect(url: string, samples: Samples): Promise<void> {
  const args = ["--import", "tsx", join(ROOT, "scripts/bench.ts"), "--direct", url];
  const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: ROOT });
  for (const [what, [value]] of Object.entries(JSON.parse(stdout) as Record<string, [number]>))
    note(samples, what, value);
}

/** Runs in the process started by {@link measureDirect}. */
async function printDirect(url: string): Promise<void> {
  const samples: Samples = {};
  const direct = new DirectContestant(url);
  await direct.initialize();
  await measureCalls(direct, samples);
  process.stdout.write(JSON.stringify(samples));
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
 * Measures Node alone, in the same environment as the others, because `NODE_EXTRA_CA_CERTS`, for example,
 * doubles its start-up time.
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

/** The environment in which an agent starts its servers: inherited, without a proxy. */
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

function note(samples: Samples, name: string, value: number): void {
  (samples[name] ??= []).push(value);
}

if (values.server) await (await import("./bench/server.ts")).serve();
else if (values.direct) await printDirect(values.direct);
else await bench();
