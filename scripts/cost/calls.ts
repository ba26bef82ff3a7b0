import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { StdioContestant } from "../bench/contestants.ts";
import { bin } from "../program.ts";
import { plainEnv, startPlainServer } from "./server.ts";

/** The measurements of one contestant with a number of concurrent calls. */
export interface CallsPoint {
  concurrent: number;
  perSecond: number;
  megabytes: number;
}

const CONCURRENT = [1, 8, 64, 256];
const LATENCY_MS = 20;

/**
 * Measures calls per second and memory of the program and of a minimal proxy in turn, with a fresh process
 * for each point.
 * @param seconds how long to measure each point
 * @param floor the compiled minimal proxy
 */
export async function measureCalls(
  seconds: number,
  floor: string
): Promise<{ program: CallsPoint[]; floor: CallsPoint[] }> {
  const server = await startPlainServer({ tools: 1, latencyMs: LATENCY_MS });
  const folder = mkdtempSync(join(tmpdir(), "imgwire-cost-"));
  const env = plainEnv(folder, server.url);
  const measured = { program: [] as CallsPoint[], floor: [] as CallsPoint[] };
  try {
    for (const concurrent of CONCURRENT) {
      measured.program.push(await measure([bin("imgwire-mcp")], env, concurrent, seconds));
      measured.floor.push(await measure([floor, server.url], env, concurrent, seconds));
    }
  } finally {
    server.close();
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  }
  return measured;
}

async function measure(
  args: readonly string[],
  env: NodeJS.ProcessEnv,
  concurrent: number,
  seconds: number
): Promise<CallsPoint> {
  const contestant = new StdioContestant(args, env);
  await contestant.initialize();
  let id = 0;
  const until = async (end: number): Promise<number> => {
    let made = 0;
    const work = async (): Promise<void> => {
      for (; performance.now() < end; made++) await contestant.call(++id);
    };
    await Promise.all(Array.from({ length: concurrent }, work));
    return made;
  };
  await until(performance.now() + 1_000);
  const started = performance.now();
  const made = await until(started + seconds * 1_000);
  const perSecond = (made * 1_000) / (performance.now() - started);
  const megabytes = contestant.rss();
  await contestant.end();
  return { concurrent, perSecond, megabytes };
}
