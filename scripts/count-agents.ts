/**
 * Prints how many tokens real agents pass to their models for uploads by path, and fails if one exceeds the
 * limits.
 *
 *     npm run agents:count             all agents that can run without a user
 *     npm run agents:count -- codex    the named ones
 */
import { countAgent } from "./agents/count.ts";
import { HEADLESS } from "./agents/headless.ts";
import { PROGRAMS } from "./agents/programs.ts";
import { installed } from "./agents/run.ts";

/** The limits on what a model may receive, in tokens. */
const MEASURES = [
  { uploads: 1, preview: false, limit: 2_000 },
  { uploads: 20, preview: true, limit: 25_000 }
];

const wanted = process.argv.slice(2);
for (const agent of HEADLESS.filter(({ id }) => wanted.length === 0 || wanted.includes(id))) {
  const program = PROGRAMS.find(({ id }) => id === agent.id)!;
  const modules = installed(program);
  for (const { uploads, preview, limit } of MEASURES) {
    const counted = await countAgent(agent, modules, uploads, preview);
    const isGood = counted.problem === undefined && counted.all < limit;
    if (!isGood) process.exitCode = 1;
    const what = `${uploads} uploads${preview ? " with preview" : ""}`.padEnd(24);
    const how = `${counted.uploads} done, ${counted.all} tokens of ${limit} (${counted.kinds})`;
    console.log(
      `${agent.id.padEnd(12)} ${what} ${isGood ? how : `FAILED: ${how}\n${counted.problem ?? ""}`}`
    );
  }
}
process.exit();
