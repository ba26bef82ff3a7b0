import type { Tool } from "@modelcontextprotocol/client";
import type { Log } from "../../log.ts";
import { withTimeout } from "../../system/timeout.ts";
import { bundled, describes } from "./catalogue.ts";
import type { ServerInfo } from "../hosted/connection.ts";
import type { LocalTool } from "../local/local-tool.ts";
import { freshFor, type Snapshot, type SnapshotKey, type SnapshotStore } from "./snapshot.ts";
import { byName, mergeTools } from "./client.ts";

export interface SurfaceOptions {
  store: SnapshotStore;
  /** Whom the surface is for, as known now; asked again after a sign-in. */
  key: () => SnapshotKey;
  localTools: () => Promise<readonly LocalTool[]>;
  /** Opens the hosted connection and takes what it offers; see `Live.take`. */
  live: () => Promise<Snapshot>;
  /** How long the first answer waits for the live one where nothing is known of a server. */
  liveAnswerMs: number;
  log: Log;
}

/**
 * What the agent is shown: the hosted server's facts and tools as last known, with the local tools among them. It
 * starts from the snapshot or the bundled catalogue, so that no answer waits for the network, and is brought up to
 * date by the live answer.
 */
export class Surface {
  #snapshot: Promise<Snapshot> | undefined;
  #tools: ReadonlyMap<string, Tool> = new Map();
  #shown: string | undefined;
  #served = false;
  #heard = false;
  /** Resolves when the last live answer is on disk. */
  saved: Promise<void> = Promise.resolve();

  constructor(private readonly options: SurfaceOptions) {}

  async server(): Promise<ServerInfo> {
    return (await this.#standing()).server;
  }

  /** A hosted tool as the server described it last. */
  tool(name: string): Tool | undefined {
    return this.#tools.get(name);
  }

  /** The hosted tools by name. */
  async hostedTools(): Promise<ReadonlyMap<string, Tool>> {
    return byName((await this.#standing()).tools);
  }

  /** The hosted tools by name as the server itself has listed them to this process. Throws as `live` does. */
  async heardTools(): Promise<ReadonlyMap<string, Tool>> {
    if (!this.#heard) await this.options.live();
    return this.hostedTools();
  }

  /** The tools as the agent is to see them, and the snapshot they stand on. */
  async tools(): Promise<{ tools: Tool[]; snapshot: Snapshot }> {
    const snapshot = await this.#standing();
    const tools = mergeTools(snapshot.tools, await this.options.localTools());
    this.#shown = JSON.stringify(tools);
    this.#served = true;
    return { tools, snapshot };
  }

  /** Whether the server has said that what is known holds still. */
  async isCurrent(): Promise<boolean> {
    return freshFor(await this.#standing()) > 0;
  }

  /** Whether what is known was heard from the server and is still fresh, or has not been shown yet. */
  async fresh(): Promise<boolean> {
    const standing = await this.#standing();
    return standing.takenAt > 0 && (!this.#served || freshFor(standing) > 0);
  }

  /**
   * Takes the live answer in place of what was known.
   * @returns whether the agent has been shown something else
   */
  async adopt(live: Snapshot): Promise<boolean> {
    this.#snapshot = Promise.resolve(live);
    this.#heard = true;
    this.#tools = byName(live.tools);
    this.saved = this.options.store
      .write(this.options.key(), live)
      .catch((error: unknown) => this.options.log.warn(`The tool list was not kept: ${String(error)}`));
    const tools = JSON.stringify(mergeTools(live.tools, await this.options.localTools()));
    const changed = this.#shown !== undefined && this.#shown !== tools;
    this.#served = false;
    return changed;
  }

  #standing(): Promise<Snapshot> {
    return (this.#snapshot ??= this.#first());
  }

  async #first(): Promise<Snapshot> {
    const key = this.options.key();
    const kept = this.options.store.read(key);
    if (kept) {
      this.#tools = byName(kept.tools);
      return kept;
    }
    if (describes(key.url) && key.account === undefined) return bundled;
    const live = this.options.live().catch((error: unknown) => {
      this.options.log.debug(`The hosted server has not answered: ${String(error)}`);
      return bundled;
    });
    return withTimeout(live, this.options.liveAnswerMs, () => bundled);
  }
}
