/**
 * Feeds mutated bytes to everything that parses what others have written.
 *
 *     npm run fuzz -- <minutes> [target]     with a new seed, which is printed to reproduce failures
 *     npm run fuzz -- --seconds 10 --seed 1  ten seconds for each target, with reproducible inputs
 *
 * An input fails if a parser throws an undeclared error or takes more than a second of processor time, or if
 * the process grows by more than 150 MB. Failing inputs are written to the temporary folder.
 */
import { writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { ImgwireError } from "../src/errors.ts";
import { corpusOf } from "./fuzz/corpus.ts";
import { mutate, random } from "./fuzz/mutate.ts";
import { type Target, TARGETS } from "./fuzz/targets.ts";

const MAX_CPU_MS = 1_000;
const MAX_GROWTH_BYTES = 150 * 1024 * 1024;

const { values, positionals } = parseArgs({
  options: { seconds: { type: "string" }, seed: { type: "string" } },
  allowPositionals: true
});
const [minutes = "1", only] = positionals;
const seconds = Number(values.seconds ?? (Number(minutes) * 60) / TARGETS.length);
const seed = Number(values.seed ?? Date.now() % 1_000_000);

for (const target of TARGETS.filter(({ name }) => only === undefined || name === only)) {
  if (!(await fuzz(target))) process.exitCode = 1;
}

async function fuzz(target: Target): Promise<boolean> {
  const corpus = corpusOf(target.name);
  const next = random(seed);
  for (const input of corpus) await attempt(target, input);
  const idle = process.memoryUsage().rss;
  const until = Date.now() + seconds * 1_000;
  let inputs = 0;
  for (; Date.now() < until; inputs += 1) {
    const input = mutate(corpus, next);
    const problem = (await attempt(target, input)) ?? grown(idle);
    if (problem === undefined) continue;
    const file = join(tmpdir(), `imgwire-fuzz-${target.name}-${seed}-${inputs}`);
    writeFileSync(file, input);
    console.log(`${target.name}: ${problem}\n  input ${inputs} of seed ${seed}, in ${file}`);
    return false;
  }
  console.log(`${target.name}: ${inputs} inputs, seed ${seed}`);
  return true;
}

/** Runs the target on an input. @returns the problem, or undefined if there is none */
async function attempt({ run, refusals = [] }: Target, input: Buffer): Promise<string | undefined> {
  const before = process.cpuUsage();
  try {
    await run(input);
  } catch (error) {
    const isDeclared = error instanceof ImgwireError || refusals.some((refusal) => error instanceof refusal);
    if (!isDeclared)
      return `it threw ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`;
  }
  const { user, system } = process.cpuUsage(before);
  const spent = (user + system) / 1_000;
  return spent > MAX_CPU_MS ? `it took ${Math.round(spent)} ms` : undefined;
}

function grown(idle: number): string | undefined {
  const growth = process.memoryUsage().rss - idle;
  return growth > MAX_GROWTH_BYTES ? `the process grew by ${Math.round(growth / 1024 / 1024)} MB` : undefined;
}
