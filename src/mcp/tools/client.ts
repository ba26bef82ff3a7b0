import type { CallToolResult, Tool } from "@modelcontextprotocol/client";
import type { HostedTools } from "../calls/own-call.ts";
import type { Progress } from "../calls/hosted-call.ts";
import type { LocalTool } from "../local/local-tool.ts";

/** Only this hosted tool is replaced by a local one: `upload_image`, which gains `path`. */
const REPLACED = "upload_image";

/** The hosted tools in their order with what the local ones make of them, then the tools that are only local. */
export function mergeTools(hosted: readonly Tool[], local: readonly LocalTool[]): Tool[] {
  const known = byName(hosted);
  const merged = new Map(known);
  for (const tool of local) {
    if (known.has(tool.name) && tool.name !== REPLACED) continue;
    const described = tool.describe(known);
    if (described) merged.set(described.name, described);
  }
  return [...merged.values()];
}

/** Tools by their name. */
export function byName(tools: readonly Tool[]): Map<string, Tool> {
  return new Map(tools.map((tool) => [tool.name, tool]));
}

/** How one call through a {@link Toolbox} is made. */
export interface ToolboxCallOptions {
  signal: AbortSignal;
  onProgress?: (progress: Progress) => void;
}

/** All tools as an agent sees them, without an agent: what the command line lists and calls. */
export class Toolbox {
  #hostedTools: Promise<Map<string, Tool>> | undefined;

  constructor(
    private readonly hosted: HostedTools,
    private readonly local: readonly LocalTool[]
  ) {}

  /** The hosted and the local tools. Throws as {@link HostedTools} does. */
  async list(): Promise<Tool[]> {
    return mergeTools([...(await this.#known()).values()], this.local);
  }

  /** Calls a tool; a local one runs here, and what it throws is thrown. */
  async call(
    name: string,
    args: Record<string, unknown>,
    { signal, onProgress }: ToolboxCallOptions
  ): Promise<CallToolResult> {
    const tool = this.local.find((each) => each.name === name);
    const known = tool?.handles(args) ? await this.#known() : undefined;
    if (!tool || !known || !tool.describe(known)) {
      return this.hosted.call(name, args, { signal, ...(onProgress && { onProgress }) });
    }
    return tool.call(args, {
      hosted: this.hosted,
      hostedTools: () => this.#known(),
      signal,
      progress: onProgress ?? (() => undefined),
      roots: () => Promise.resolve([]),
      elicit: undefined
    });
  }

  #known(): Promise<Map<string, Tool>> {
    return (this.#hostedTools ??= this.hosted.list().then(byName));
  }
}
