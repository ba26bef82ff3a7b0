import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { median } from "../bench/report.ts";
import { largePng } from "../bench-upload/samples.ts";
import { Authority } from "../foreign/network/proxies.ts";
import { isOnPath } from "../program.ts";
import { openLink } from "./link.ts";
import { type PlainServer, startPlainServer } from "./server.ts";
import { byCurl, byRclone, type Destination, throughProgram, type Uploader } from "./uploaders.ts";

/**
 * The time for a number of concurrent files of one size, in milliseconds; undefined for a program that isn't
 * installed.
 */
export interface UploadsPoint {
  bytes: number;
  atOnce: number;
  programMs: number;
  curlMs: number | undefined;
  rcloneMs: number | undefined;
}

const KB = 1_024;
const MB = 1_024 * KB;
/** Leaves out combinations for which the link alone would need more than a minute. */
const SERIES = [
  { bytes: KB, atOnce: [1, 8, 64], rounds: 9 },
  { bytes: 100 * KB, atOnce: [1, 8, 64], rounds: 9 },
  { bytes: MB, atOnce: [1, 8, 64], rounds: 5 },
  { bytes: 10 * MB, atOnce: [1, 8], rounds: 3 },
  { bytes: 100 * MB, atOnce: [1], rounds: 3 }
];

/**
 * Uploads with the program, `curl --parallel` and rclone in turn over a link with packet loss, each with its
 * own connections. Medians.
 * @throws NoLinkError
 */
export async function measureUploads(): Promise<UploadsPoint[]> {
  const link = await openLink();
  const authority = new Authority(`IP:${link.far}`);
  const [key, cert] = ["host.key", "host.pem"].map((name) => readFileSync(authority.file(name), "utf8"));
  const listening = { address: link.near, host: link.far, tls: { key: key!, cert: cert! } };
  const storage = await startPlainServer(listening);
  const hosted = await startPlainServer({ ...listening, storage: storage.url });
  const to = { url: hosted.url, storage: storage.url, ca: authority.certificate };
  try {
    const points: UploadsPoint[] = [];
    for (const { bytes, atOnce, rounds } of SERIES)
      for (const count of atOnce) points.push(await measure(storage, to, { bytes, count, rounds }));
    return points;
  } finally {
    hosted.close();
    storage.close();
    await link.close();
    authority.remove();
  }
}

interface Job {
  bytes: number;
  count: number;
  rounds: number;
}

async function measure(storage: PlainServer, to: Destination, job: Job): Promise<UploadsPoint> {
  const uploaders: Record<string, Uploader> = {
    program: throughProgram,
    ...(isOnPath("curl") && { curl: byCurl }),
    ...(isOnPath("rclone") && { rclone: byRclone })
  };
  const times: Record<string, number[]> = {};
  for (let round = 0; round < job.rounds; round++)
    for (const [name, upload] of Object.entries(uploaders))
      (times[name] ??= []).push(await attempt(storage, to, job, upload));
  const of = (name: string): number | undefined => times[name] && median(times[name]);
  const point = { bytes: job.bytes, atOnce: job.count };
  return { ...point, programMs: of("program")!, curlMs: of("curl"), rcloneMs: of("rclone") };
}

/**
 * @returns milliseconds
 * @throws Error unless everything was stored
 */
async function attempt(
  { stored }: PlainServer,
  to: Destination,
  { bytes, count }: Job,
  upload: Uploader
): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), "imgwire-cost-"));
  const names = Array.from({ length: count }, () => `${crypto.randomUUID()}.png`);
  const before = { ...stored };
  let ms = NaN;
  try {
    for (const name of names) writeFileSync(join(folder, name), await largePng(bytes));
    await upload(to, folder, names, async (act) => {
      const started = performance.now();
      await act();
      ms = performance.now() - started;
    });
  } finally {
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  }
  const [files, sum] = [stored.files - before.files, stored.bytes - before.bytes];
  if (files !== count || sum !== count * bytes) throw new Error(`${files} files, ${sum} bytes were stored.`);
  return ms;
}
