/**
 * Measures how the cost of `imgwire publish` grows: `npm run growth`. Each figure comes from a new process.
 * Exits with 1 if a cost grows faster than n log n or exceeds its limit.
 */
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { DIMENSIONS, type Measurement } from "./growth/dimensions.ts";

const MEASURE = join(import.meta.dirname, "growth", "measure.ts");
/**
 * How far a measurement may exceed n log n between its first and last size. Caches and garbage collection
 * cause some excess, but quadratic growth would exceed it by the ratio of the sizes.
 */
const TOLERANCE = 2;
/** Below this CPU time the start of the process hides everything else, in milliseconds. */
const MIN_CPU_MS = 50;

function measure(name: string, size: number): Measurement {
  const { stdout, stderr } = spawnSync(process.execPath, ["--import", "tsx", MEASURE, name, String(size)], {
    encoding: "utf8",
    maxBuffer: 64 * 1024 * 1024
  });
  if (stdout === "") throw new Error(`${name} at ${size} failed: ${stderr.slice(-2_000)}`);
  return JSON.parse(stdout) as Measurement;
}

/** How much faster than n log n something has grown; 1 means exactly n log n. */
function excess(sizes: readonly number[], values: readonly number[]): number {
  const [from = 1, to = 1] = [sizes[0], sizes.at(-1)];
  const [first = 1, last = 1] = [values[0], values.at(-1)];
  const expected = (to * Math.log(to)) / (from * Math.log(from));
  return last / Math.max(first, MIN_CPU_MS) / expected;
}

const only = process.argv.slice(2);
let failed = false;
for (const { name, what, sizes, limits, measured } of DIMENSIONS) {
  if (only.length > 0 && !only.includes(name)) continue;
  console.log(`\n${what}`);
  const results = sizes.map((size) => {
    const result = measure(name, size);
    const { cpuMs, peakMb, writtenKb } = result;
    console.log(
      `  ${String(size).padStart(8)}  ${cpuMs.toFixed(0).padStart(7)} ms CPU  ${peakMb.toFixed(0).padStart(5)} MB  ${writtenKb.toFixed(0).padStart(7)} KB written`
    );
    return result;
  });
  const above = excess(
    sizes,
    results.map((result) => result[measured])
  );
  const last = results.at(-1);
  const broken = [
    ...(sizes.length > 1 && above > TOLERANCE ? [`grows ${above.toFixed(1)} times faster than n log n`] : []),
    ...(["cpuMs", "peakMb"] as const).flatMap((key) => {
      const limit = limits?.[key];
      return limit !== undefined && last !== undefined && last[key] > limit
        ? [`${key} is above ${limit}`]
        : [];
    })
  ];
  console.log(broken.length > 0 ? `  FAILED: ${broken.join(", ")}` : `  ok, ${above.toFixed(2)} of n log n`);
  failed ||= broken.length > 0;
}
process.exitCode = failed ? 1 : 0;
