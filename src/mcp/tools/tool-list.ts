import type { Tool } from "@modelcontextprotocol/client";
import { ImgwireError } from "../../errors.ts";
import type { Log } from "../../log.ts";
import { isObject } from "../../system/json.ts";
import { withTimeout } from "../../system/timeout.ts";
import type { Caller, HostedCall } from "../calls/hosted-call.ts";
import { type ListedTools, listTools } from "../calls/hosted-tools.ts";
import type { HostedClient } from "../hosted/client.ts";
import type { HostedConnection, ServerInfo } from "../hosted/connection.ts";
import type { LocalTool } from "../local/local-tool.ts";
import { METHOD_NOT_FOUND } from "../protocol/message.ts";
import { withAdvice } from "./instructions.ts";
import { sanitizeServerInfo, sanitizeTools } from "./sanitize.ts";
import type { ToolSelection } from "./selection.ts";
import { bundled, freshFor, type Snapshot, type SnapshotKey, type SnapshotStore } from "./snapshot.ts";
import { fitToBudget } from "./token-budget.ts";

export interface ToolListOptions {
  hosted: Pick<HostedClient, "open">;
  /** The client for which the hosted connection is opened. */
  caller: () => Caller;
  store: SnapshotStore;
  /** Returns the current snapshot key, which may change with a sign-in. */
  key: () => SnapshotKey;
  /** The local tools. @param forApps whether for a client that renders MCP Apps */
  localTools: (forApps: boolean) => Promise<readonly LocalTool[]>;
  selection: ToolSelection;
  /** How long the first answer waits for Imgwire if nothing is known about it yet. */
  liveAnswerMs: number;
  /** Called when what the agent was shown is out of date. */
  changed: () => void;
  log: Log;
}

/**
 * A list that the agent was shown: its snapshot, its tools as JSON, and whether the agent renders MCP Apps.
 */
interface Shown {
  snapshot: Snapshot;
  tools: string;
  forApps: boolean;
}

/**
 * What the agent is shown: the server's description of itself, and the hosted and local tools. It starts from
 * a snapshot or the bundled catalogue, so that answers needn't wait for the network, and then changes to the
 * live list.
 */
export class ToolList {
  /** The list from Imgwire, once this process has fetched it. */
  #live: Snapshot | undefined;
  /** The snapshot that is used until then. */
  #first: Promise<Snapshot> | undefined;
  /** That snapshot, if it is known to be this server's: a stored one, or the catalogue. */
  #known: Snapshot | undefined;
  /** What the agent was shown last. */
  #shown: Shown | undefined;
  /** The server's own info, once it has answered. */
  #answered: ServerInfo | undefined;
  #fetching: Promise<Snapshot> | undefined;
  #next: Promise<Snapshot> | undefined;
  /** Resolves when the last live list is on disk. */
  saved: Promise<void> = Promise.resolve();

  constructor(private readonly options: ToolListOptions) {}

  /** The server info that the agent is shown. */
  async server(): Promise<ServerInfo> {
    return withAdvice(await this.#current(), this.options.selection);
  }

  /** Whether Imgwire has a capability, as last known. */
  async hasCapability(name: string): Promise<boolean> {
    return isObject((await this.#current()).server.capabilities[name]);
  }

  /**
   * A hosted tool, as Imgwire last described it. Fetches the list first if the tool isn't known and Imgwire
   * has not listed its tools to this process yet. Throws as {@link fetch} does.
   */
  async hostedTool(name: string): Promise<Tool | undefined> {
    const known = (this.#live ?? this.#known)?.tools.find((tool) => tool.name === name);
    return known ?? (await this.liveHostedTools()).get(name);
  }

  /** The hosted tools by name, as last known. */
  async hostedTools(): Promise<ReadonlyMap<string, Tool>> {
    return byName((await this.#current()).tools);
  }

  /**
   * The hosted tools by name. Fetches them first if Imgwire has not listed them to this process yet. Throws
   * as {@link fetch} does.
   */
  async liveHostedTools(): Promise<ReadonlyMap<string, Tool>> {
    if (!this.#live) await this.fetch();
    return this.hostedTools();
  }

  /**
   * Returns the tools to show the agent, and the snapshot that they come from. Records them as shown.
   * @param forApps whether the agent renders MCP Apps
   */
  async show(forApps: boolean): Promise<{ tools: Tool[]; snapshot: Snapshot }> {
    const snapshot = await this.#current();
    const tools = await this.#offered(snapshot, forApps);
    this.#shown = { snapshot, tools: JSON.stringify(tools), forApps };
    return { tools, snapshot };
  }

  /**
   * Throws for a tool that is turned off.
   * @throws ImgwireError `tool_not_selected`
   */
  async requireSelected(name: string): Promise<void> {
    const { tools } = await this.#current();
    const known = byName(mergeTools(tools, await this.options.localTools(true)));
    this.options.selection.require(name, known.get(name));
  }

  /** Whether the snapshot is still fresh by its own caching hints. */
  async isFresh(): Promise<boolean> {
    return freshFor(await this.#current()) > 0;
  }

  /** Whether the snapshot came from Imgwire, and is fresh or has not been shown yet. */
  async isShowable(): Promise<boolean> {
    const current = await this.#current();
    return current.takenAt > 0 && (current !== this.#shown?.snapshot || freshFor(current) > 0);
  }

  /** Fetches the live list; single-flight. @throws SignInNeededError, UnreachableError, ImgwireError */
  fetch(): Promise<Snapshot> {
    this.#fetching ??= this.#fetch().finally(() => (this.#fetching = undefined));
    return this.#fetching;
  }

  /**
   * Fetches the list after a change. If a fetch is already in progress, another one follows, because the
   * first may have missed the change.
   */
  refetch(): Promise<Snapshot> {
    if (this.#fetching === undefined) return this.fetch();
    this.#next ??= this.#fetching
      .catch(() => undefined)
      .then(() => {
        this.#next = undefined;
        return this.fetch();
      });
    return this.#next;
  }

  async #fetch(): Promise<Snapshot> {
    const caller = this.options.caller();
    const connection = await this.options.hosted.open(caller);
    const snapshot = await this.#readLive(connection, caller);
    await this.#adopt(snapshot);
    return snapshot;
  }

  async #readLive(connection: HostedConnection, caller: Caller): Promise<Snapshot> {
    const warn = (reason: string): void => this.options.log.warn(reason);
    const send = (call: HostedCall): void => void connection.send(call);
    const takenAt = Date.now();
    const server = (this.#answered = sanitizeServerInfo(connection.server, warn));
    const { tools, ...hints } = await listTools({ send, ...caller, warn }).catch(noTools);
    return { server, tools: sanitizeTools(tools, connection.era, warn), takenAt, ...hints };
  }

  /** Replaces the snapshot with the live list, and tells the agent if it was shown something else. */
  async #adopt(live: Snapshot): Promise<void> {
    this.#live = live;
    const { store, key, log, changed } = this.options;
    this.saved = store
      .write(key(), live)
      .catch((error: unknown) => log.warn(`The tool list was not saved: ${String(error)}`));
    const tools = JSON.stringify(await this.#offered(live, this.#shown?.forApps ?? false));
    if (this.#shown !== undefined && this.#shown.tools !== tools) changed();
  }

  async #offered({ tools }: Snapshot, forApps: boolean): Promise<Tool[]> {
    return offeredTools(tools, await this.options.localTools(forApps), this.options.selection);
  }

  async #current(): Promise<Snapshot> {
    return this.#live ?? (this.#first ??= this.#findFirst());
  }

  async #findFirst(): Promise<Snapshot> {
    this.#known = this.options.store.known(this.options.key());
    if (this.#known) return this.#known;
    const live = this.fetch().catch((error: unknown) => {
      this.options.log.debug(`Imgwire has not answered: ${String(error)}`);
      // A server that has answered must not be presented under Imgwire's name, with Imgwire's tools.
      return this.#answered ? { ...bundled, server: this.#answered, tools: [] } : bundled;
    });
    return withTimeout(live, this.options.liveAnswerMs, () => bundled);
  }
}

/** Returns an empty list for a server without `tools/list`, and rethrows any other error. */
function noTools(error: unknown): ListedTools {
  const cause = error instanceof ImgwireError ? error.cause : undefined;
  if (!isObject(cause) || cause["code"] !== METHOD_NOT_FOUND) throw error;
  return { tools: [], ttlMs: 0, cacheScope: "private" };
}

/** The only hosted tool that a local one replaces: `upload_image` gains `path`. */
const REPLACED = "upload_image";

/** The hosted and local tools that are selected, as shown to an agent. */
export function offeredTools(
  hosted: readonly Tool[],
  local: readonly LocalTool[],
  selection: ToolSelection
): Tool[] {
  return fitToBudget(selection.of(mergeTools(hosted, local)));
}

/**
 * The hosted tools in their order, followed by the local tools. The local `upload_image` takes the place of
 * the hosted one.
 */
export function mergeTools(hosted: readonly Tool[], local: readonly LocalTool[]): Tool[] {
  const known = byName(hosted);
  const merged = new Map(known);
  for (const tool of local) {
    const described = describeLocal(tool, known);
    if (described) merged.set(described.name, described);
  }
  return [...merged.values()];
}

/**
 * Describes a local tool to the agent; undefined if a hosted tool of the same name is used instead, or if the
 * hosted tools that it needs are missing.
 */
export function describeLocal(tool: LocalTool, hosted: ReadonlyMap<string, Tool>): Tool | undefined {
  return tool.name !== REPLACED && hosted.has(tool.name) ? undefined : tool.describe(hosted);
}

/** Tools by their name. */
export function byName(tools: readonly Tool[]): Map<string, Tool> {
  return new Map(tools.map((tool) => [tool.name, tool]));
}
