/** Measures one dimension at one size and prints the result as JSON. Runs in its own process. */
import { mkdtempSync, readFileSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DIMENSIONS, type Measurement } from "./dimensions.ts";

const [name, size] = process.argv.slice(2);
const dimension = DIMENSIONS.find((each) => each.name === name);
if (!dimension) throw new Error(`There is no measurement ${name}.`);
const folder = realpathSync(mkdtempSync(join(tmpdir(), "imgwire-growth-")));
try {
  const run = await dimension.prepare(folder, Number(size));
  const [cpu, written] = [process.cpuUsage(), bytesWritten()];
  await run();
  const { user, system } = process.cpuUsage(cpu);
  const measurement: Measurement = {
    cpuMs: (user + system) / 1_000,
    peakMb: process.resourceUsage().maxRSS / 1_024,
    writtenKb: (bytesWritten() - written) / 1_024
  };
  process.stdout.write(JSON.stringify(measurement));
} finally {
  rmSync(folder, { recursive: true, force: true });
  rmSync(`${folder}-inspected.json`, { force: true });
}

/** As counted by Linux; 0 elsewhere. */
function bytesWritten(): number {
  try {
    return Number(/^wchar: (\d+)$/m.exec(readFileSync("/proc/self/io", "utf8"))?.[1]);
  } catch {
    return 0;
  }
}
