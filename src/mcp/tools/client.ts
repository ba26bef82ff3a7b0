import type { CallToolResult, Tool } from "@modelcontextprotocol/client";
import type { Progress } from "../calls/hosted-call.ts";
import type { HostedTools } from "../calls/hosted-tools.ts";
import type { LocalTool } from "../local/local-tool.ts";
import type { ToolSelection } from "./selection.ts";
import { byName, isShadowed, mergeTools, offeredTools } from "./tool-list.ts";

/** How one call through a {@link ToolClient} is made. */
export interface ToolCallOptions {
  signal: AbortSignal;
  onProgress?: (progress: Progress) => void;
}

/** All tools as an agent sees them, without an agent: what the command line lists and calls. */
export class ToolClient {
  #hostedTools: Promise<Map<string, Tool>> | undefined;

  constructor(
    private readonly hosted: HostedTools,
    private readonly local: readonly LocalTool[],
    private readonly selection: ToolSelection
  ) {}

  /** The hosted and the local tools that are selected. Throws as {@link HostedTools} does. */
  async list(): Promise<Tool[]> {
    return offeredTools([...(await this.#known()).values()], this.local, this.selection);
  }

  /**
   * Calls a tool; a local one runs here, and what it throws is thrown.
   * @throws ImgwireError `tool_not_selected`, and as {@link HostedTools} does
   */
  async call(
    name: string,
    args: Record<string, unknown>,
    { signal, onProgress }: ToolCallOptions
  ): Promise<CallToolResult> {
    await this.#requireSelected(name);
    const tool = this.local.find((each) => each.name === name);
    const known = tool?.handles(args) ? await this.#known() : undefined;
    if (!tool || !known || isShadowed(tool, known) || !tool.describe(known)) {
      return this.hosted.call(name, args, { signal, ...(onProgress && { onProgress }) });
    }
    return tool.call(args, {
      hosted: this.hosted,
      hostedTools: () => this.#known(),
      signal,
      progress: onProgress ?? (() => undefined),
      roots: () => Promise.resolve([]),
      takesLinks: true,
      elicit: undefined
    });
  }

  async #requireSelected(name: string): Promise<void> {
    if (this.selection.isAll) return;
    const tools = byName(mergeTools([...(await this.#known()).values()], this.local));
    this.selection.require(name, tools.get(name));
  }

  #known(): Promise<Map<string, Tool>> {
    return (this.#hostedTools ??= this.hosted.list().then(byName));
  }
}
