/**
 * Has a real agent use each of the program's prompts, with a stand-in for its model. The model must receive
 * the prompt's text with its argument, and the first tool that the prompt names must work.
 *
 *     npm run agents:prompts
 */
import { runAgent } from "./agents/count.ts";
import { HEADLESS } from "./agents/headless.ts";
import { PROGRAMS } from "./agents/programs.ts";
import { installed } from "./agents/run.ts";

/** Each prompt, with a sentence of its text, a call that it leads to, and a word in the result. */
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

// The only agent that accepts prompts without a user.
const agent = HEADLESS.find(({ id }) => id === "claude-code")!;
const modules = installed(PROGRAMS.find(({ id }) => id === agent.id)!);
for (const { name, says, call, gives } of PROMPTS) {
  const prompt = `/mcp__imgwire__${name} docs/`;
  const attempt = () => runAgent(agent, modules, { prompt, calls: [call] });
  const hasReceived = ({ standIn }: Awaited<ReturnType<typeof attempt>>): boolean =>
    standIn.requests.some((text) => text.includes(says));
  // Without a user, the agent may read its prompt before the server's prompts are available, and pass it on
  // unchanged.
  let outcome = await attempt();
  for (let left = MAX_ATTEMPTS - 1; left > 0 && !hasReceived(outcome); left--) outcome = await attempt();
  const { standIn, output } = outcome;
  const isReceived = hasReceived(outcome);
  const isDone = standIn.received.length === 1 && standIn.received[0]!.includes(gives);
  if (!isReceived || !isDone) process.exitCode = 1;
  const verdict =
    isReceived && isDone
      ? `received, and ${call.tool} called`
      : `FAILED: ${output.slice(-600)} ${standIn.received.join(" ").slice(0, 600)}`;
  console.log(`${agent.id.padEnd(12)} ${name.padEnd(22)} ${verdict}`);
}
process.exit();
