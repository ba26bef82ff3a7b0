import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { type AddressInfo, connect, createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { StdioDriver } from "../../sandbox/client/stdio-driver.ts";
import { largePng } from "../bench-upload/samples.ts";
import { startHosted } from "../foreign/hosted.ts";
import { bin } from "../program.ts";
import { median } from "./lists.ts";

/** So many files of a size, all at once. */
export interface UploadsPoint {
  bytes: number;
  atOnce: number;
  programMs: number;
  curlMs: number;
}

const KB = 1_024;
const MB = 1_024 * KB;
/** 100 MB 64 times would say no more than once, and take the machine's memory. */
const SERIES = [
  { bytes: KB, atOnce: [1, 8, 64] },
  { bytes: MB, atOnce: [1, 8, 64] },
  { bytes: 100 * MB, atOnce: [1] }
];
const ROUNDS = 3;
/** One way; both ways make 50 ms. */
const DELAY_MS = 25;
const run = promisify(execFile);

/**
 * Uploads through the program and with `curl --parallel` over a link with a round trip of 50 ms, by turns.
 */
export async function measureUploads(): Promise<UploadsPoint[]> {
  const hosted = await startHosted();
  const link = await startLink(Number(new URL(hosted.url).port));
  const { port } = link.address() as AddressInfo;
  const urlOf = (): string => `http://127.0.0.1:${port}/store/${crypto.randomUUID()}`;
  hosted.target = () => Promise.resolve({ upload_url: urlOf() });
  const folder = mkdtempSync(join(tmpdir(), "imgwire-cost-"));
  const env = {
    HOME: folder,
    IMGWIRE_CONFIG_DIR: folder,
    IMGWIRE_MCP_URL: hosted.url,
    IMGWIRE_ACCESS_TOKEN: "cost",
    IMGWIRE_UPLOAD_ROOTS: folder
  };
  const agent = new StdioDriver({ args: [bin("imgwire-mcp")], env });
  const points: UploadsPoint[] = [];
  try {
    await agent.initialize();
    for (const { bytes, atOnce } of SERIES)
      for (const count of atOnce) {
        const [program, curl]: [number[], number[]] = [[], []];
        for (let round = 0; round < ROUNDS; round++) {
          const files = await filesOf(folder, bytes, count);
          program.push(await timed(() => uploadAll(agent, files)));
          curl.push(await timed(() => curlAll(files, urlOf)));
          for (const file of files) rmSync(file);
        }
        points.push({ bytes, atOnce: count, programMs: median(program), curlMs: median(curl) });
      }
  } finally {
    await agent.end();
    link.close();
    await hosted.close();
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  }
  return points;
}

async function filesOf(folder: string, bytes: number, count: number): Promise<string[]> {
  const files: string[] = [];
  for (let index = 0; index < count; index++) {
    const path = join(folder, `${crypto.randomUUID()}.png`);
    writeFileSync(path, await largePng(bytes));
    files.push(path);
  }
  return files;
}

async function uploadAll(agent: StdioDriver, files: readonly string[]): Promise<void> {
  const answers = await Promise.all(files.map((path) => agent.call("upload_image", { path })));
  const failed = answers.find(({ error, result }) => error ?? result?.["isError"]);
  if (failed) throw new Error(JSON.stringify(failed));
}

async function curlAll(files: readonly string[], urlOf: () => string): Promise<void> {
  const each = files.flatMap((path, index) => [
    ...(index > 0 ? ["--next"] : []),
    ...["-sSf", "-o", "/dev/null", "-H", "content-type: image/png", "-H", "expect:", "-T", path, urlOf()]
  ]);
  await run("curl", ["--parallel", "--parallel-max", String(files.length), ...each]);
}

async function timed(act: () => Promise<void>): Promise<number> {
  const started = performance.now();
  await act();
  return performance.now() - started;
}

/**
 * A link on which every byte takes its time: netem needs a kernel that has it, and this needs none. It loses
 * nothing, which is between the kernels of both ends.
 */
async function startLink(to: number): Promise<Server> {
  const link = createServer({ noDelay: true }, (socket) => {
    const onward = connect({ port: to, host: "127.0.0.1", noDelay: true });
    for (const [from, into] of [
      [socket, onward],
      [onward, socket]
    ] as const) {
      from.on("data", (chunk) => {
        setTimeout(() => into.write(chunk), DELAY_MS);
      });
      from.on("end", () => setTimeout(() => into.end(), DELAY_MS));
      from.on("error", () => into.destroy());
    }
  });
  await new Promise<void>((resolve) => link.listen(0, "127.0.0.1", resolve));
  return link;
}
