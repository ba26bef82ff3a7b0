import { cacheKey } from "../system/cache-key.ts";
import { settleWithin } from "../system/timeout.ts";
import { Bridge, type Interceptor } from "./agent/bridge.ts";
import { prompts } from "./agent/prompts.ts";
import { resources } from "./agent/resources.ts";
import { signInGate } from "./agent/sign-in.ts";
import type { Bounds, LoadedServer, ServerParts } from "./agent/start.ts";
import type { Receive, Stdio } from "./agent/stdio.ts";
import { tools } from "./agent/tools.ts";
import type { Call } from "./calls/agent-call.ts";
import type { Caller } from "./calls/hosted-call.ts";
import { EnvironmentGate } from "./environment/gate.ts";
import { LegacyAgent } from "./era/legacy/agent.ts";
import { ModernAgent } from "./era/modern/agent.ts";
import { HostedClient } from "./hosted/client.ts";
import { type HostedEvents, Interests } from "./hosted/connection.ts";
import type { InputRequests, InputResponses } from "./protocol/input-request.ts";
import type { Era } from "./protocol/message.ts";
import { type ClientInfo, rendersApps } from "./protocol/capabilities.ts";
import type { LocalTool } from "./local/local-tool.ts";
import { isCatalogueFor } from "./tools/snapshot.ts";
import { ToolList } from "./tools/tool-list.ts";
import { EraMemory } from "./hosted/era-memory.ts";

const BOUNDS: Bounds = { signInWaitMs: 45_000, idleCallMs: 5 * 60_000, liveAnswerMs: 3_000 };
const TOOLS_CHANGED = { jsonrpc: "2.0", method: "notifications/tools/list_changed" } as const;

/**
 * Creates the parts of the server and connects them. Those that face the agent and those that face Imgwire
 * need each other, so both belong to this class and reach each other through functions.
 */
export class Server implements LoadedServer {
  readonly #options: ServerParts;
  readonly #bounds: Bounds;
  readonly #stdio: Stdio;
  readonly #interests = new Interests();
  readonly #hosted: HostedClient;
  readonly #gate: EnvironmentGate;
  readonly #tools: ToolList;
  readonly #agents: { legacy: LegacyAgent; modern: ModernAgent };
  readonly #bridge: Bridge;
  readonly receive: Receive;

  constructor(options: ServerParts) {
    const { stdio, environments, log } = options;
    this.#options = options;
    this.#bounds = { ...BOUNDS, ...options.bounds };
    this.#stdio = stdio;
    this.#hosted = this.#createHosted();
    this.#gate = new EnvironmentGate({ environments, next: this.#hosted, log });
    this.#tools = this.#createTools();
    this.#agents = this.#createAgents();
    this.#bridge = this.#createBridge();
    this.receive = this.#bridge.receive;
  }

  /** Registers the client whose `initialize` has already been answered. */
  initialized(client: ClientInfo): void {
    this.#inBackground(this.#tools.server());
    this.#agents.legacy.initialized(client);
  }

  /** Stops the server. @param timeoutMs how long to wait for pending requests, in milliseconds */
  async stop(timeoutMs: number): Promise<void> {
    if (timeoutMs > 0) await settleWithin(timeoutMs, this.#bridge.idle());
    this.#bridge.abandon();
    await Promise.all([this.#hosted.close(), this.#tools.saved]);
    this.#stdio.stop();
  }

  #createHosted(): HostedClient {
    const { url, http, authorization, cacheDir, log } = this.#options;
    return new HostedClient({
      url,
      http,
      authorization,
      memory: new EraMemory(cacheDir, cacheKey(url.href), log),
      interests: this.#interests,
      events: this.#events(),
      opened: () => void this.#refreshStale(),
      idleCallMs: this.#bounds.idleCallMs,
      tools: {
        find: (name) => this.#tools.hostedTool(name),
        refresh: () => this.#tools.refetch()
      },
      log
    });
  }

  /** Handles what the hosted server sends outside any call. */
  #events(): HostedEvents {
    return {
      notification: (notification, raw) => {
        // The agent is notified only if the new list differs.
        if (notification.method === TOOLS_CHANGED.method) this.#refresh();
        else this.#bridge.agent.event(notification, raw, this.#bridge.pending());
      },
      ask: (requests, signal) => {
        const { agent } = this.#bridge;
        const call = this.#soleToolCall();
        const ask = (others: InputRequests): Promise<InputResponses> =>
          call ? call.ask(others, signal) : agent.ask(undefined, others, signal);
        return this.#gate.questions.respond({ client: agent.client, ask }, requests);
      },
      ready: () => this.#stdio.drained()
    };
  }

  /** The call that an input request outside any stream belongs to, if there is only one candidate. */
  #soleToolCall(): Call | undefined {
    const calls = this.#bridge.pending().filter((call) => call.request.method === "tools/call");
    return calls.length === 1 ? calls[0] : undefined;
  }

  #createTools(): ToolList {
    const { snapshots, snapshotKey, selection, log } = this.#options;
    return new ToolList({
      hosted: this.#hosted,
      caller: () => this.#caller(),
      store: snapshots,
      key: snapshotKey,
      localTools: (forApps) => this.#localTools(forApps),
      selection,
      liveAnswerMs: this.#bounds.liveAnswerMs,
      changed: () => this.#bridge.agent.event(TOOLS_CHANGED, undefined, []),
      log
    });
  }

  #createBridge(): Bridge {
    const { authorization, io, log } = this.#options;
    const agents = this.#agents;
    return new Bridge({
      stdio: this.#stdio,
      agents,
      interceptors: [
        this.#toolRequests(),
        prompts({ tools: this.#tools, cwd: () => io.cwd() }),
        this.#resources(),
        signInGate({
          authorization,
          waitMs: this.#bounds.signInWaitMs,
          signedIn: () => this.#refresh(),
          restart: (call) => this.#bridge.start(call),
          log
        })
      ],
      next: this.#gate,
      log
    });
  }

  #toolRequests(): Interceptor {
    const { selection, apps } = this.#options;
    return tools({
      list: this.#tools,
      hosted: this.#hosted,
      gate: this.#gate,
      selection,
      load: (forApps) => this.#localTools(forApps),
      showsPages: (client) => apps !== undefined && rendersApps(client)
    });
  }

  async #localTools(forApps: boolean): Promise<readonly LocalTool[]> {
    const { localTools, apps } = this.#options;
    return [...(await localTools()), ...((forApps && (await apps?.tools())) || [])];
  }

  #resources(): Interceptor {
    const { skill, apps, url } = this.#options;
    return resources({
      skill,
      apps,
      url,
      server: () => this.#tools.server(),
      requester: ({ client }) => ({ send: (call) => this.#gate.send(call), client })
    });
  }

  #createAgents(): { legacy: LegacyAgent; modern: ModernAgent } {
    const options = {
      server: () => this.#tools.server(),
      interests: this.#interests,
      opened: () => this.#connect(),
      write: (line: string) => this.#stdio.write(line),
      settled: (call: Call, line: string) => this.#bridge.settled(call, line)
    };
    const changed = (era: Era) => () => this.#hosted.interestsChanged(era);
    return {
      legacy: new LegacyAgent({ ...options, interestsChanged: changed("legacy") }),
      modern: new ModernAgent({ ...options, interestsChanged: changed("modern") })
    };
  }

  #caller(): Caller {
    return this.#gate.callerFor(this.#bridge.agent.client);
  }

  /**
   * Connects after the first answer has been sent, but not while signed out of Imgwire, which would refuse.
   */
  #connect(): void {
    if (isCatalogueFor(this.#options.url) && this.#options.account() === undefined) return;
    setImmediate(() => this.#inBackground(this.#hosted.open(this.#caller())));
  }

  /** Fetches the tool list over a new connection, unless the known one is still fresh. */
  async #refreshStale(): Promise<void> {
    if (!(await this.#tools.isFresh())) this.#inBackground(this.#tools.fetch());
  }

  #refresh(): void {
    this.#inBackground(this.#tools.refetch());
  }

  /** Failures are only logged; there is no caller to report to. */
  #inBackground(work: Promise<unknown>): void {
    work.catch((error: unknown) => this.#options.log.debug(`Imgwire has not answered: ${String(error)}`));
  }
}
