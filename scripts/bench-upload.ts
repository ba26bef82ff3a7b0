/**
 * Measures uploads to the sandbox: with this program, with `curl -T`, and as base64 in a tool call (the usual
 * way of other servers), in turn in one run. Then measures many small files, and many large ones with faults.
 *
 *     npm run bench:upload [-- --quick]
 */
import { createHash } from "node:crypto";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { signIn } from "../sandbox/client/oauth.ts";
import { startService } from "../sandbox/client/service.ts";
import { largePng, picture } from "./bench-upload/samples.ts";
import { type Contender, contenders } from "./bench-upload/contenders.ts";
import { compareSending } from "./bench-upload/sending.ts";
import { table } from "./bench-upload/report.ts";
import { uploadMany, uploadThroughFaults } from "./bench-upload/series.ts";
import { median } from "./bench/report.ts";

const quick = process.argv.includes("--quick");
const KIB = 1024;
const SIZES = [
  { name: "1 KB", bytes: KIB, rounds: 20 },
  { name: "100 KB", bytes: 100 * KIB, rounds: 20 },
  { name: "1 MB", bytes: KIB * KIB, rounds: 10 },
  { name: "10 MB", bytes: 10 * KIB * KIB, rounds: 7 },
  { name: "100 MB", bytes: 100 * KIB * KIB, rounds: 5 }
];

const failed = new Set<Contender>();

const folder = await mkdtemp(join(tmpdir(), "imgwire-bench-"));
const service = await startService("--auto-approve", "--processing", "0", "--access-token-ttl", "36000");
const { accessToken } = await signIn(service);
const site = { mcpUrl: service.mcpUrl, accessToken, folder };
try {
  await compareUploads();
  await compareSending(site, join(folder, "100 MB.png"), quick ? 3 : 7);
  await many();
  await faults();
} finally {
  await service.stop();
  await rm(folder, { recursive: true, force: true });
}

/** Measures whole uploads of one file, from the request to upload it until the image is READY. */
async function compareUploads(): Promise<void> {
  const all = await contenders(site);
  const rows: string[][] = [];
  for (const { name, bytes, rounds } of SIZES) {
    const path = join(folder, `${name}.png`);
    await writeFile(path, bytes > KIB ? await largePng(bytes) : await picture());
    const times = new Map(all.map((contender) => [contender, [] as number[]]));
    for (let round = 0; round < (quick ? Math.min(3, rounds) : rounds); round += 1) {
      for (const contender of all)
        times.get(contender)?.push(await timed(contender, path, `${name} ${round}`));
    }
    rows.push([name, ...all.map((contender) => cell(times.get(contender) ?? [], bytes))]);
  }
  table("One file, from the call to READY (median)", ["size", ...all.map(({ name }) => name)], rows);
  const figures = all.map((contender) => [contender.name, ...contender.figures()]);
  table("The last successful upload", ["", "memory above idle", "agent's traffic"], figures);
  for (const contender of all) if (!failed.has(contender)) await contender.stop();
}

/**
 * @returns milliseconds; NaN once an upload has failed, so that a failing contender doesn't disturb the
 *   others
 */
async function timed(contender: Contender, path: string, purpose: string): Promise<number> {
  if (failed.has(contender)) return Number.NaN;
  const start = performance.now();
  try {
    await contender.upload(path, purpose);
    return performance.now() - start;
  } catch (error) {
    process.stderr.write(`${contender.name}, ${purpose}: ${(error as Error).message.split("\n")[0]}\n`);
    failed.add(contender);
    await contender.stop();
    return Number.NaN;
  }
}

function cell(times: readonly number[], bytes: number): string {
  if (times.some(Number.isNaN)) return "failed";
  const ms = median(times);
  return bytes < KIB * KIB
    ? `${ms.toFixed(1)} ms`
    : `${ms.toFixed(0)} ms, ${(bytes / 1e6 / (ms / 1e3)).toFixed(0)} MB/s`;
}

/** Measures many small files, with 50 ms of latency for each hosted call. */
async function many(): Promise<void> {
  const slow = await startService("--auto-approve", "--processing", "0", "--latency", "50");
  try {
    const { accessToken } = await signIn(slow);
    const small = join(folder, "small");
    await mkdir(small);
    for (let index = 0; index < 500; index += 1) {
      await writeFile(
        join(small, `${index}.png`),
        Buffer.concat([await picture(), Buffer.from(String(index))])
      );
    }
    await uploadMany({ mcpUrl: slow.mcpUrl, accessToken, folder: small }, quick ? 20 : 100);
  } finally {
    await slow.stop();
  }
}

/** Uploads 100 files of 25 MB, of which 30 hit a fault. */
async function faults(): Promise<void> {
  const files = await Promise.all(
    Array.from({ length: 5 }, async (_, index) => {
      const bytes = await largePng(25 * KIB * KIB);
      const path = join(folder, `fault ${index}.png`);
      await writeFile(path, bytes);
      return { path, sha256: createHash("sha256").update(bytes).digest("hex") };
    })
  );
  await uploadThroughFaults(folder, files, quick ? 10 : 100);
}
