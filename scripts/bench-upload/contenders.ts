import { execFile } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { promisify } from "node:util";
import { bin } from "../program.ts";
import { StdioDriver } from "../../sandbox/client/stdio-driver.ts";
import { Hosted } from "./hosted.ts";

const run = promisify(execFile);

/** The upload target. */
export interface Site {
  mcpUrl: string;
  accessToken: string;
  /** The folder that contains the files. */
  folder: string;
}

/** One way to upload a file. */
export interface Contender {
  name: string;
  /** Uploads a file and returns when its image is READY. A different `purpose` makes it a different image. */
  upload(path: string, purpose: string): Promise<void>;
  /** The last upload's peak memory above idle, and its JSON-RPC traffic with the agent. */
  figures(): string[];
  stop(): Promise<void>;
}

/** Starts and warms up the contenders. */
export async function contenders(site: Site): Promise<readonly Contender[]> {
  const hosted = await Hosted.connect(site.mcpUrl, site.accessToken);
  return [await program(site), byCurl(hosted), await byBase64(site)];
}

/** This project's built stdio server. */
export function startProgram({ mcpUrl, accessToken, folder }: Site): StdioDriver {
  return new StdioDriver({
    args: [bin("imgwire-mcp")],
    cwd: folder,
    env: {
      IMGWIRE_MCP_URL: mcpUrl,
      IMGWIRE_ACCESS_TOKEN: accessToken,
      IMGWIRE_CONFIG_DIR: join(folder, "config"),
      IMGWIRE_UPLOAD_ROOTS: folder
    }
  });
}

async function program(site: Site): Promise<Contender> {
  const agent = startProgram(site);
  return overStdio("imgwire-mcp", agent, "upload_image", (path, purpose) =>
    Promise.resolve({ path, purpose })
  );
}

/** The usual way of other servers: the file as base64 in the arguments of a tool call. */
async function byBase64({ mcpUrl, accessToken }: Site): Promise<Contender> {
  const script = join(import.meta.dirname, "base64-server.ts");
  const agent = new StdioDriver({
    args: ["--import", "tsx", script],
    env: { MCP_URL: mcpUrl, ACCESS_TOKEN: accessToken }
  });
  return overStdio("base64 in a tool call", agent, "upload", async (path, purpose) => ({
    file_name: basename(path),
    data: (await readFile(path)).toString("base64"),
    purpose
  }));
}

async function overStdio(
  name: string,
  agent: StdioDriver,
  tool: string,
  argumentsFor: (path: string, purpose: string) => Promise<object>
): Promise<Contender> {
  await agent.initialize();
  await agent.request("tools/list");
  const ended = agent.exited.then((code) =>
    Promise.reject(new Error(`the server ended (${code}): ${agent.stderr}`))
  );
  ended.catch(() => undefined);
  let figures = ["-", "-"];
  return {
    name,
    async upload(path, purpose) {
      const args = await argumentsFor(path, purpose);
      const idle = memory(agent, "VmRSS");
      const seen = agent.lines.length;
      resetPeak(agent);
      const { result, error } = await Promise.race([agent.call(tool, args), ended, timeout()]);
      if (error || result?.["isError"]) throw new Error(JSON.stringify(error ?? result).slice(0, 300));
      const sent = Object.values(args).reduce((sum: number, value) => sum + String(value).length, 100);
      const received = agent.lines.slice(seen).reduce((sum, line) => sum + line.length, 0);
      const peak = memory(agent, "VmHWM") - idle;
      figures = [`${(peak / 1e6).toFixed(0)} MB`, `${((sent + received) / 1e3).toFixed(1)} KB`];
    },
    figures: () => figures,
    stop: () => agent.kill()
  };
}

/** Rejects after a minute, because agents wait no longer than that for a response. */
async function timeout(): Promise<never> {
  await delay(60_000, undefined, { ref: false });
  throw new Error("no answer within a minute");
}

/** Creates and polls the upload directly, and sends the bytes with `curl -T`. */
function byCurl(hosted: Hosted): Contender {
  return {
    name: "curl -T",
    async upload(path, purpose) {
      const { id, url } = await hosted.create(path, purpose);
      await curl(path, url);
      await hosted.ready(id);
    },
    figures: () => ["-", "-"],
    stop: () => hosted.close()
  };
}

/** Sends a file to its presigned URL with curl. */
export async function curl(path: string, url: string): Promise<void> {
  await run("curl", ["-sSf", "-T", path, "-H", "content-type: image/png", "-H", "expect:", url]);
}

function memory(agent: StdioDriver, field: "VmRSS" | "VmHWM"): number {
  if (agent.child.exitCode !== null) throw new Error("the server has ended");
  const status = readFileSync(`/proc/${agent.child.pid}/status`, "utf8");
  return Number(new RegExp(`${field}:\\s+(\\d+)`).exec(status)?.[1]) * 1024;
}

/** Resets the peak memory counter (proc(5), clear_refs). */
function resetPeak(agent: StdioDriver): void {
  writeFileSync(`/proc/${agent.child.pid}/clear_refs`, "5");
}
