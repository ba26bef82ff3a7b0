import { readdirSync, readFileSync } from "node:fs";
import { type Message, StdioDriver } from "../../sandbox/client/stdio-driver.ts";
import { bin } from "../program.ts";

export type Era = "legacy" | "modern";

/** A process's resource usage at one moment. */
interface Sample {
  megabytes: number;
  descriptors: number;
}

/** A summary of a process, for a report. */
export interface AgentReport {
  calls: number;
  /** Calls that weren't answered exactly once. */
  unanswered: number;
  mostMegabytes: number;
  /**
   * The lowest memory use in the last third minus the lowest in the middle third: memory that isn't released.
   */
  grownMegabytes: number;
  grownDescriptors: number;
  exitCode: number | string;
}

const CAPABILITIES = { elicitation: {}, sampling: {}, roots: {} };
/** How many messages are kept before they are counted and discarded. */
const MAX_MESSAGES = 5_000;

/** An agent of either era that drives the built stdio server and counts the answers to each call. */
export class SoakAgent {
  readonly #driver: StdioDriver;
  /** How many answers each call has received. */
  readonly #answers: number[] = [];
  readonly #samples: Sample[] = [];

  private constructor(
    private readonly era: Era,
    env: Record<string, string>
  ) {
    this.#driver = new StdioDriver({ args: [bin("imgwire-mcp")], env });
    this.#driver.onRequest = answerTo;
  }

  static async start(era: Era, env: Record<string, string>): Promise<SoakAgent> {
    const agent = new SoakAgent(era, env);
    if (era === "legacy") await agent.#driver.initialize(CAPABILITIES);
    agent.#driver.messages.length = 0;
    return agent;
  }

  /** The number of requests made. */
  get calls(): number {
    return Math.max(0, this.#answers.length - 1);
  }

  get pid(): number {
    return this.#driver.child.pid!;
  }

  /** Calls a tool. If asked for input, a modern agent calls again with the answer. */
  async call(name: string, args: object): Promise<Message> {
    let more: object = {};
    for (;;) {
      const id = Math.max(1, this.#answers.length);
      this.#answers[id] = 0;
      const _meta = { ...this.#envelope(), progressToken: id };
      const answer = await this.#driver.request("tools/call", { name, arguments: args, ...more, _meta }, id);
      if (this.#driver.messages.length >= MAX_MESSAGES) this.#count();
      const { inputRequests, requestState } = answer.result ?? {};
      if (inputRequests === undefined) return answer;
      const asked = Object.entries(inputRequests as Record<string, Message>);
      const inputResponses = Object.fromEntries(asked.map(([key, request]) => [key, answerTo(request)]));
      more = { inputResponses, ...(requestState !== undefined && { requestState: requestState as string }) };
    }
  }

  /** Records the process's current resource usage. */
  sample(): void {
    const { pid } = this.#driver.child;
    const status = readFileSync(`/proc/${pid}/status`, "utf8");
    this.#samples.push({
      megabytes: Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) / 1024,
      descriptors: readdirSync(`/proc/${pid}/fd`).length
    });
  }

  /** The latest sample, as text for the console. */
  get usage(): string {
    const { megabytes = 0, descriptors = 0 } = this.#samples.at(-1) ?? {};
    return `${megabytes.toFixed(1)} MB, ${descriptors} descriptors`;
  }

  kill(): Promise<void> {
    return this.#driver.kill();
  }

  async end(): Promise<AgentReport> {
    const exitCode = await this.#driver.end();
    this.#count();
    const megabytes = this.#samples.map((sample) => sample.megabytes);
    return {
      calls: this.calls,
      unanswered: this.#answers.filter((count) => count !== 1).length,
      mostMegabytes: Math.max(...megabytes),
      grownMegabytes: growth(megabytes),
      grownDescriptors: growth(this.#samples.map((sample) => sample.descriptors)),
      exitCode
    };
  }

  /** A modern agent's request metadata. */
  #envelope(): object {
    if (this.era === "legacy") return {};
    const name = "io.modelcontextprotocol";
    return {
      [`${name}/protocolVersion`]: "2026-07-28",
      [`${name}/clientInfo`]: { name: "soak", version: "1.0.0" },
      [`${name}/clientCapabilities`]: CAPABILITIES
    };
  }

  /**
   * Counts every answer received, expected or not, and discards the messages, so that this script's own
   * growth isn't measured.
   */
  #count(): void {
    for (const { id, method } of this.#driver.messages)
      if (method === undefined) this.#answers[Number(id)] = (this.#answers[Number(id)] ?? 0) + 1;
    this.#driver.messages.length = 0;
    this.#driver.lines.length = 0;
  }
}

function answerTo(request: Message): Record<string, unknown> {
  if (request.method === "elicitation/create") return { action: "accept", content: { name: "Robin" } };
  if (request.method === "roots/list") return { roots: [{ uri: "file:///project" }] };
  return { model: "test", role: "assistant", content: { type: "text", text: "Paris" } };
}

/**
 * The heap grows until it is collected, so only its low points count. In the first third the process is still
 * warming up: code is compiled and the heap finds its size.
 */
function growth(samples: readonly number[]): number {
  const third = Math.floor(samples.length / 3);
  return Math.min(...samples.slice(2 * third)) - Math.min(...samples.slice(third, 2 * third));
}
