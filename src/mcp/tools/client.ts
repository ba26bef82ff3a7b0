import type { CallToolResult, Tool } from "@modelcontextprotocol/client";
import type { AuthProvider } from "../../authorization.ts";
import type { Log } from "../../log.ts";
import { fileName } from "../../system/file-name.ts";
import type { Http } from "../../system/http.ts";
import { type Progress, respondToAll } from "../calls/hosted-call.ts";
import { hostedTools, type HostedTools } from "../calls/hosted-tools.ts";
import type { Environments } from "../environment/environments.ts";
import { EnvironmentGate } from "../environment/gate.ts";
import { HostedClient } from "../hosted/client.ts";
import { Interests } from "../hosted/connection.ts";
import { EraMemory } from "../hosted/era.ts";
import type { LocalTool } from "../local/local-tool.ts";
import type { ClientInfo } from "../protocol/capabilities.ts";
import type { InputResponse } from "../protocol/input-request.ts";
import { METHOD_NOT_FOUND } from "../protocol/message.ts";
import { LATEST_LEGACY } from "../protocol/revisions.ts";
import type { ToolSelection } from "./selection.ts";
import { byName, isShadowed, mergeTools, offeredTools } from "./tool-list.ts";

/** What the command line's connection needs. */
export interface OpenHostedOptions {
  /** The hosted MCP endpoint. */
  url: URL;
  http: Http;
  authorization: AuthProvider;
  environments: Environments;
  /** Folder for what this program remembers about hosted servers. */
  cacheDir: string;
  /** Version of this program, as the hosted server is told. */
  version: string;
  log: Log;
}

/** The hosted server as the command line uses it. */
export interface Hosted extends HostedTools {
  /** Ends the connection, and the hosted session if there is one. */
  close(): Promise<void>;
}

const IDLE_CALL_TIMEOUT_MS = 5 * 60_000;
const NOBODY: InputResponse = { error: { code: METHOD_NOT_FOUND, message: "Nobody can be asked." } };

/**
 * Opens a connection to the hosted server for the command line, which takes no input requests.
 * @throws SignInNeededError, UnreachableError, or ImgwireError when the server cannot be spoken with
 */
export async function openHosted(options: OpenHostedOptions): Promise<Hosted> {
  const { url, http, authorization, environments, cacheDir, version, log } = options;
  const client: ClientInfo = {
    protocolVersion: LATEST_LEGACY,
    clientInfo: { name: "imgwire", title: "Imgwire command line", version },
    capabilities: {}
  };
  const hosted = new HostedClient({
    url,
    http: () => Promise.resolve(http),
    authorization: () => Promise.resolve(authorization),
    memory: new EraMemory(cacheDir, fileName(url.href), log),
    interests: new Interests(),
    events: {
      notification: () => undefined,
      ask: (requests) => Promise.resolve(respondToAll(requests, NOBODY)),
      ready: () => undefined
    },
    opened: () => undefined,
    idleCallMs: IDLE_CALL_TIMEOUT_MS,
    tool: () => undefined,
    log
  });
  const gate = new EnvironmentGate({ environments, next: hosted, log });
  await hosted.open(gate.callerFor(client));
  return {
    ...hostedTools({ send: (call) => gate.send(call), client }),
    close: () => hosted.close()
  };
}

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
