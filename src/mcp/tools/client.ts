import type { CallToolResult, Tool } from "@modelcontextprotocol/client";
import type { AuthProvider } from "../../authorization.ts";
import type { Log } from "../../log.ts";
import { cacheKey } from "../../system/cache-key.ts";
import type { Http } from "../../system/http.ts";
import { type Progress, respondToAll } from "../calls/hosted-call.ts";
import { type HostedTools, hostedTools, type ListedTools, listTools } from "../calls/hosted-tools.ts";
import { NO_USER, type Requester } from "../calls/own-call.ts";
import type { Environments } from "../environment/environments.ts";
import { EnvironmentGate } from "../environment/gate.ts";
import { HostedClient } from "../hosted/client.ts";
import {
  type HostedConnection,
  type HostedEvents,
  Interests,
  type ServerInfo
} from "../hosted/connection.ts";
import { EraMemory } from "../hosted/era-memory.ts";
import type { LocalTool } from "../local/local-tool.ts";
import type { ClientInfo } from "../protocol/capabilities.ts";
import { LATEST_LEGACY } from "../protocol/revisions.ts";
import { sanitizeServerInfo, sanitizeTools } from "./sanitize.ts";
import type { ToolSelection } from "./selection.ts";
import { freshFor, type Snapshot, snapshotKey, SnapshotStore } from "./snapshot.ts";
import { byName, describeLocal, mergeTools, offeredTools } from "./tool-list.ts";

/** What the command line's connection needs. */
export interface OpenHostedOptions {
  /** The hosted MCP endpoint. */
  url: URL;
  http: Http;
  authorization: AuthProvider;
  environments: Environments;
  /** Folder for what this program remembers about hosted servers. */
  cacheDir: string;
  /** Returns a name for the signed-in account without using the network or the keychain. */
  account: () => string | undefined;
  /** This program's version, as sent to the hosted server. */
  version: string;
  log: Log;
}

/** The hosted server as the command line uses it. */
export interface Hosted extends HostedTools {
  /** Ends the connection, and the hosted session if there is one. */
  close(): Promise<void>;
}

const IDLE_CALL_TIMEOUT_MS = 5 * 60_000;

/** Handles what comes outside any call: notifications are ignored, and input requests refused. */
const UNATTENDED: HostedEvents = {
  notification: () => undefined,
  ask: (requests) => Promise.resolve(respondToAll(requests, NO_USER)),
  ready: () => undefined
};

/**
 * Opens a connection to the hosted server for the command line, which refuses input requests and doesn't
 * listen for notifications. If there is a snapshot, a modern server isn't asked for its info again.
 * @throws SignInNeededError, UnreachableError, or ImgwireError if the server can't be used
 */
export async function openHosted(options: OpenHostedOptions): Promise<Hosted> {
  const { url, http, authorization, environments, cacheDir, version, log } = options;
  const kept = new KeptTools(options);
  const client: ClientInfo = {
    protocolVersion: LATEST_LEGACY,
    clientInfo: { name: "imgwire", title: "Imgwire command line", version },
    capabilities: {}
  };
  const hosted = new HostedClient({
    url,
    http: () => Promise.resolve(http),
    authorization: () => Promise.resolve(authorization),
    memory: new EraMemory(cacheDir, cacheKey(url.href), log),
    interests: new Interests(false),
    events: UNATTENDED,
    opened: () => undefined,
    idleCallMs: IDLE_CALL_TIMEOUT_MS,
    tools: {
      find: async (name) => kept.tool(name) ?? byName(await list()).get(name),
      refresh: () => refresh()
    },
    server: kept.server,
    log
  });
  const gate = new EnvironmentGate({ environments, next: hosted, log });
  const connection = await hosted.open(gate.callerFor(client));
  const requester: Requester = { send: (call) => gate.send(call), client };
  const tools = hostedTools(requester);
  const refresh = async (signal?: AbortSignal): Promise<Tool[]> =>
    kept.learn(await listTools(requester, signal), connection);
  const list = async (how?: { signal?: AbortSignal }): Promise<Tool[]> =>
    kept.fresh() ?? refresh(how?.signal);
  return {
    ...tools,
    list,
    async close() {
      await Promise.all([hosted.close(), kept.saved]);
    }
  };
}

/** The last tool list, stored for later commands. */
class KeptTools {
  /** Resolves when the last list is on disk. */
  saved: Promise<void> = Promise.resolve();
  readonly #store: SnapshotStore;
  #snapshot: Snapshot | undefined;

  constructor(private readonly options: OpenHostedOptions) {
    this.#store = new SnapshotStore(options.cacheDir, options.log);
    this.#snapshot = this.#store.read(snapshotKey(this.options));
  }

  /** What the server last said about itself. */
  get server(): ServerInfo | undefined {
    return this.#snapshot?.server;
  }

  tool(name: string): Tool | undefined {
    return this.#snapshot?.tools.find((tool) => tool.name === name);
  }

  /** The tools, while they are fresh according to the server's caching hints. */
  fresh(): Tool[] | undefined {
    return this.#snapshot && freshFor(this.#snapshot) > 0 ? [...this.#snapshot.tools] : undefined;
  }

  /** Stores a list that the server has just sent. @returns its tools, as sent */
  learn({ tools, ...hints }: ListedTools, { era, server }: HostedConnection): Tool[] {
    const warn = (reason: string): void => this.options.log.debug(reason);
    const usable = { server: sanitizeServerInfo(server, warn), tools: sanitizeTools(tools, era, warn) };
    this.#snapshot = { ...usable, takenAt: Date.now(), ...hints };
    this.saved = this.#store
      .write(snapshotKey(this.options), this.#snapshot)
      .catch((error: unknown) => warn(`The tool list was not saved: ${String(error)}`));
    return tools;
  }
}

/** Options for one call through a {@link ToolClient}. */
export interface ToolCallOptions {
  signal: AbortSignal;
  onProgress?: (progress: Progress) => void;
}

/** All tools as an agent would see them, for the command line to list and call. */
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
   * Calls a tool. A local tool runs here, and its errors are thrown.
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
    if (!tool || !known || !describeLocal(tool, known)) {
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
