import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { StdioContestant } from "../bench/contestants.ts";
import { median } from "../bench/report.ts";
import { bin } from "../program.ts";
import { plainEnv, startPlainServer } from "./server.ts";

/** The measurements for a hosted server with a number of tools. */
export interface ListPoint {
  tools: number;
  /** From the start of the process to its first list, which comes from a snapshot: median. */
  firstMs: number;
  /** Every later list: median. */
  furtherMs: number;
  megabytes: number;
}

const TOOLS = [10, 100, 1_000];
const ROUNDS = 5;
const FURTHER = 20;

export async function measureLists(): Promise<ListPoint[]> {
  const points: ListPoint[] = [];
  for (const tools of TOOLS) {
    const server = await startPlainServer({ tools });
    const folder = mkdtempSync(join(tmpdir(), "imgwire-cost-"));
    const env = plainEnv(folder, server.url);
    const [first, further, memory]: [number[], number[], number[]] = [[], [], []];
    // The first round stores the snapshot.
    for (let round = 0; round <= ROUNDS; round++) {
      const started = performance.now();
      const agent = new StdioContestant([bin("imgwire-mcp")], env);
      await agent.initialize();
      await agent.request(1, "tools/list", {});
      if (round > 0) first.push(performance.now() - started);
      await agent.call(2);
      for (let id = 3; id < FURTHER; id++) {
        const asked = performance.now();
        await agent.request(id, "tools/list", {});
        further.push(performance.now() - asked);
      }
      memory.push(agent.rss());
      await agent.end();
    }
    points.push({ tools, firstMs: median(first), furtherMs: median(further), megabytes: median(memory) });
    server.close();
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  }
  return points;
}
