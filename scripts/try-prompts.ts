/**
 * Has a real agent use each prompt of this program, with a stand-in for its model: the model has to be told
 * the prompt's text with its argument in it, and the first tool that it names has to work.
 *
 *     npm run agents:prompts
 */
import { runAgent } from "./agents/count.ts";
import { HEADLESS } from "./agents/headless.ts";
import { PROGRAMS } from "./agents/programs.ts";
import { installed } from "./agents/run.ts";

/**
 * Each prompt, with a sentence that it must contain, and a call that it leads to with a word from the result.
 */
const PROMPTS = [
  {
    name: "publish-docs",
    says: "Publish the local images that the documents in `docs/` refer to.",
    call: { tool: "upload_images", args: { paths: ["*.jpg"] } },
    gives: "cdn_url"
  },
  {
    name: "replace-placeholders",
    says: "Replace the placeholder images in `docs/` with real ones.",
    call: { tool: "upload_image", args: { path: "p0.jpg" } },
    gives: "cdn_url"
  },
  {
    name: "image-audit",
    says: "Audit the images of `docs/`. Only read",
    call: { tool: "fetch_metrics", args: {} },
    gives: "cache_hit_ratio"
  }
];

const MAX_ATTEMPTS = 4;

// The one agent that accepts prompts without a user.
const agent = HEADLESS.find(({ id }) => id === "claude-code")!;
const modules = installed(PROGRAMS.find(({ id }) => id === agent.id)!);
for (const { name, says, call, gives } of PROMPTS) {
  const prompt = `/mcp__imgwire__${name} docs/`;
  const attempt = () => runAgent(agent, modules, { prompt, calls: [call] });
  const wasTold = ({ standIn }: Awaited<ReturnType<typeof attempt>>): boolean =>
    standIn.told.some((text) => text.includes(says));
  // Without a user, the agent may read its prompt before the server's prompts are available, and pass it on
  // unchanged.
  let outcome = await attempt();
  for (let left = MAX_ATTEMPTS - 1; left > 0 && !wasTold(outcome); left--) outcome = await attempt();
  const { standIn, said } = outcome;
  const isTold = wasTold(outcome);
  const isDone = standIn.handed.length === 1 && standIn.handed[0]!.includes(gives);
  if (!isTold || !isDone) process.exitCode = 1;
  const verdict =
    isTold && isDone
      ? `told, and ${call.tool} called`
      : `FAILED: ${said.slice(-600)} ${standIn.handed.join(" ").slice(0, 600)}`;
  console.log(`${agent.id.padEnd(12)} ${name.padEnd(22)} ${verdict}`);
}
process.exit();
