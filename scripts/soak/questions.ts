import { setTimeout as delay } from "node:timers/promises";
import type { Message } from "../../sandbox/client/stdio-driver.ts";
import { startCounterpart } from "../../sandbox/counterpart/counterpart.ts";
import { SoakAgent } from "./agent.ts";
import { startFaultyProxy } from "./faults.ts";
import type { Load, LoadOptions } from "./load.ts";

const TOOLS = ["echo", "note", "ask", "ask_all", "progress"];
const AT_ONCE = 8;

/** Calls to a server without sign-in that asks the agent questions and reports progress. */
export async function questionsLoad({ server, agent: era, env }: LoadOptions): Promise<Load> {
  const hosted = await startCounterpart(server);
  const proxy = await startFaultyProxy(new URL(hosted.url));
  const agent = await SoakAgent.start(era, {
    ...env,
    IMGWIRE_MCP_URL: proxy.url,
    IMGWIRE_ACCESS_TOKEN: "soak"
  });
  const counts = { failed: 0, wrong: 0 };
  let made = 0;

  async function work(until: number, paceMs: number): Promise<void> {
    while (Date.now() < until) {
      const name = TOOLS[made % TOOLS.length]!;
      const text = String(++made);
      if (made % 500 === 0) hosted.forget();
      const answer = await agent.call(name, { text });
      if (answer.error || answer.result?.["isError"]) counts.failed++;
      else if (name === "echo" && !isEcho(answer, text)) counts.wrong++;
      await delay(paceMs);
    }
  }

  return {
    agent,
    async run(until, paceMs) {
      await Promise.all(Array.from({ length: AT_ONCE }, () => work(until, paceMs)));
    },
    tidy() {
      hosted.seen.length = 0;
      hosted.notes.length = 0;
    },
    report: () => ({ ...counts, faults: proxy.done }),
    async close() {
      await Promise.all([proxy.close(), hosted.close()]);
    }
  };
}

function isEcho({ result }: Message, text: string): boolean {
  const [content] = result?.["content"] as { text?: string }[];
  return content?.text === text;
}
