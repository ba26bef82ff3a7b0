import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { StdioDriver } from "../../sandbox/client/stdio-driver.ts";
import { startSandbox } from "../../sandbox/sandbox.ts";
import { bin, BROWSER, imgwire } from "../program.ts";

/** The measurements for a number of agents that share one sign-in. */
export interface AgentsPoint {
  agents: number;
  /** In megabytes: an agent's own memory plus its share of shared memory (proc(5), PSS). */
  megabytesEach: number;
  /** From the revocation of the access token until all agents have their response. */
  renewalMs: number;
  /** The number of refresh tokens used; it should be one. */
  redemptions: number;
}

const AGENTS = [1, 4, 16, 64];

/**
 * Starts more and more agents, and revokes the access token before all of them make a call at the same time.
 */
export async function measureAgents(): Promise<AgentsPoint[]> {
  const sandbox = await startSandbox({ autoApprove: true, strictRotation: true });
  const folder = mkdtempSync(join(tmpdir(), "imgwire-cost-"));
  const env = {
    PATH: process.env["PATH"] ?? "",
    HOME: folder,
    IMGWIRE_CONFIG_DIR: folder,
    IMGWIRE_MCP_URL: sandbox.mcpUrl,
    IMGWIRE_TOKEN_STORE: "file",
    BROWSER
  };
  const agents: StdioDriver[] = [];
  const points: AgentsPoint[] = [];
  try {
    const signedIn = await imgwire(["login"], env);
    if (signedIn.code !== 0) throw new Error(signedIn.stderr);
    for (const count of AGENTS) {
      while (agents.length < count) {
        const agent = new StdioDriver({ args: [bin("imgwire-mcp")], env: { ...env, BROWSER: "none" } });
        agents.push(agent);
        await agent.initialize();
        await agent.call("whoami");
      }
      const before = sandbox.stats.oauth.refreshRedemptions;
      sandbox.revokeAccessTokens();
      const started = performance.now();
      const answers = await Promise.all(agents.map((agent) => agent.call("whoami")));
      const renewalMs = performance.now() - started;
      const failed = answers.find(({ error, result }) => error ?? result?.["isError"]);
      if (failed) throw new Error(JSON.stringify(failed));
      const redemptions = sandbox.stats.oauth.refreshRedemptions - before;
      const total = agents.reduce((sum, { child }) => sum + shareOf(child.pid), 0);
      points.push({ agents: count, megabytesEach: total / count, renewalMs, redemptions });
    }
  } finally {
    await Promise.all(agents.map((agent) => agent.end()));
    await sandbox.close();
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  }
  return points;
}

function shareOf(pid: number | undefined): number {
  const rollup = readFileSync(`/proc/${pid}/smaps_rollup`, "utf8");
  return Number(/^Pss:\s+(\d+)/m.exec(rollup)?.[1]) / 1024;
}
