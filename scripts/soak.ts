/**
 * Calls tools through the built `imgwire-mcp` for a long time with faults, and checks that every id is
 * answered exactly once, every upload is stored intact, and memory and descriptors don't grow.
 *
 *     npm run soak -- [minutes, default 60] [era of the server] [era of the agent] [options]
 *
 *     --pace 100   milliseconds that each of the fourteen workers pauses between two calls
 *     --write      also writes rows to the table in docs/load.md
 *
 * Both eras are legacy by default. Two loads run at the same time: calls to a server without sign-in that
 * asks questions and reports progress (`soak/questions.ts`), and calls and uploads of a signed-in user, next
 * to a second agent that is killed once a minute (`soak/signed-in.ts`).
 */
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import type { AgentReport, Era } from "./soak/agent.ts";
import type { Load, LoadOptions, LoadReport } from "./soak/load.ts";
import { questionsLoad } from "./soak/questions.ts";
import { signedInLoad } from "./soak/signed-in.ts";
import { describeSoak, isGood, writeSoak } from "./soak/table.ts";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { pace: { type: "string", default: "100" }, write: { type: "boolean", default: false } }
});
const minutes = Number(positionals[0] ?? 60);
const [server, agent] = [eraOf(positionals[1]), eraOf(positionals[2])];
const SAMPLE_MS = Math.min(10_000, (minutes * 60_000) / 20);

const folder = mkdtempSync(join(tmpdir(), "soak-"));
const loads = [
  { name: "questions", load: await start(questionsLoad, "questions") },
  { name: "signed in", load: await start(signedInLoad, "signed-in") }
];
const sampling = setInterval(sample, SAMPLE_MS);
const until = Date.now() + minutes * 60_000;
await Promise.all(loads.map(({ load }) => load.run(until, Number(values.pace))));
clearInterval(sampling);
sample();
const reports: ({ name: string } & AgentReport & LoadReport)[] = [];
for (const { name, load } of loads) {
  const ended = await load.agent.end();
  reports.push({ name, ...ended, ...load.report() });
  await load.close();
}
rmSync(folder, { recursive: true, force: true });
for (const report of reports) console.log(describeSoak({ server, agent, minutes }, report));
if (values.write) await writeSoak({ server, agent, minutes }, reports);
process.exitCode = reports.every((report) => isGood(report, minutes)) ? 0 : 1;

function start(make: (options: LoadOptions) => Promise<Load>, name: string): Promise<Load> {
  const home = join(folder, name);
  mkdirSync(home);
  const env = { HOME: home, IMGWIRE_CONFIG_DIR: home, IMGWIRE_LOG_LEVEL: "error" };
  return make({ server, agent, env });
}

function eraOf(word: string | undefined): Era {
  if (word === undefined || word === "legacy" || word === "modern") return word ?? "legacy";
  throw new TypeError(`${word} isn't an era: use legacy or modern.`);
}

function sample(): void {
  for (const { name, load } of loads) {
    load.agent.sample();
    load.tidy?.();
    console.error(
      `${name}: ${load.agent.calls} calls, ${load.agent.usage}, ${JSON.stringify(load.report())}`
    );
  }
}
