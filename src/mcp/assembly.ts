import type { Log } from "../log.ts";
import type { Http } from "../system/http.ts";
import { type Agent, Bridge } from "./agent/bridge.ts";
import type { Call } from "./calls/agent-call.ts";
import type { Caller } from "./calls/hosted-call.ts";
import { describes } from "./tools/catalogue.ts";
import { chosenNow, type Environments } from "./environment/environments.ts";
import { eraOf } from "./protocol/revisions.ts";
import { LegacyAgent } from "./era/legacy/agent.ts";
import { EraMemory } from "./hosted/era-memory.ts";
import { ModernAgent } from "./era/modern/agent.ts";
import { events } from "./events.ts";
import { EnvironmentGate } from "./environment/gate.ts";
import { localTools } from "./agent/local-tools.ts";
import { signInGate } from "./agent/sign-in.ts";
import { toolList } from "./agent/tool-list.ts";
import { HostedClient } from "./hosted/client.ts";
import { Live } from "./tools/live.ts";
import type { LocalTool } from "./local/local-tool.ts";
import type { Era } from "./protocol/message.ts";
import { fileName, type SnapshotKey, SnapshotStore } from "./tools/snapshot.ts";
import type { Stdio } from "./agent/stdio.ts";
import { Surface } from "./tools/tool-list.ts";
import { Interests } from "./agent/interests.ts";
import type { AuthProvider } from "../authorization.ts";

/** How long things may take, in milliseconds. */
export interface Bounds {
  /** A tool call's wait for the user to sign in. */
  signInWaitMs: number;
  /** A call's silence before it is given up. */
  idleCallMs: number;
  /** The first answer's wait for a server of which nothing is known. */
  liveAnswerMs: number;
}

export interface AssemblyOptions {
  /** The hosted MCP endpoint. */
  url: URL;
  authorization: () => Promise<AuthProvider>;
  /** A name for whoever is signed in, from what is at hand: no network, no keychain. */
  account: () => string | undefined;
  http: () => Promise<Http>;
  cacheDir: string;
  localTools: () => Promise<readonly LocalTool[]>;
  environments: Environments;
  bounds: Bounds;
  log: Log;
}

const TOOLS_CHANGED = { jsonrpc: "2.0", method: "notifications/tools/list_changed" } as const;

/**
 * The parts of the stdio server and how they know each other. The agent's side and the hosted side each have to
 * reach the other, so they are held here and meet in functions that are called later.
 */
export class Assembly {
  readonly link: HostedClient;
  readonly bridge: Bridge;
  readonly #options: AssemblyOptions;
  readonly #interests = new Interests();
  readonly #gate: EnvironmentGate;
  readonly #surface: Surface;
  readonly #live: Live;

  constructor(options: AssemblyOptions, stdio: Stdio) {
    this.#options = options;
    this.link = this.#createLink(stdio);
    const { environments, log } = options;
    this.#gate = new EnvironmentGate({ environments, next: this.link, log });
    this.#surface = this.#createSurface();
    this.#live = this.#createLive();
    this.bridge = this.#createBridge(stdio);
  }

  /** Ends the hosted side, and waits for what is being written. */
  async close(): Promise<void> {
    await Promise.all([this.link.close(), this.#surface.saved]);
  }

  #createLink(stdio: Stdio): HostedClient {
    const { url, http, authorization, cacheDir, bounds, log } = this.#options;
    return new HostedClient({
      url,
      http,
      authorization,
      memory: new EraMemory(cacheDir, fileName(url.href), log),
      interests: this.#interests,
      events: events({ bridge: () => this.bridge, gate: () => this.#gate, stdio, changed: this.#refresh }),
      opened: () => void this.#refreshStale(),
      idleCallMs: bounds.idleCallMs,
      tool: (name) => this.#surface.tool(name),
      log
    });
  }

  #createSurface(): Surface {
    const { cacheDir, bounds, log } = this.#options;
    return new Surface({
      store: new SnapshotStore(cacheDir, log),
      key: () => this.#key(),
      localTools: this.#options.localTools,
      live: () => this.#live.take(),
      liveAnswerMs: bounds.liveAnswerMs,
      log
    });
  }

  #createLive(): Live {
    return new Live(
      this.link,
      () => this.#caller(),
      async (snapshot) => {
        if (await this.#surface.adopt(snapshot)) this.bridge.agent.event(TOOLS_CHANGED, undefined, []);
      },
      this.#options.log
    );
  }

  #createBridge(stdio: Stdio): Bridge {
    const { authorization, bounds, log } = this.#options;
    const agents = this.#createAgents(stdio);
    const restart = (call: Call): void => this.bridge.start(call);
    return new Bridge({
      stdio,
      agents,
      eraOf,
      interceptors: [
        agents.legacy,
        agents.modern,
        toolList(this.#surface, this.link, this.#live),
        localTools({ load: this.#options.localTools, surface: this.#surface, gate: this.#gate, restart }),
        signInGate({
          authorization,
          waitMs: bounds.signInWaitMs,
          signedIn: this.#refresh,
          restart,
          log
        })
      ],
      beyond: this.#gate,
      log
    });
  }

  #createAgents(stdio: Stdio): Record<Era, Agent> {
    const options = {
      server: () => this.#surface.server(),
      interests: this.#interests,
      opened: () => this.#connect(),
      write: (line: string) => stdio.write(line)
    };
    return {
      legacy: new LegacyAgent({ ...options, interestsChanged: () => this.link.interestsChanged("legacy") }),
      modern: new ModernAgent({ ...options, interestsChanged: () => this.link.interestsChanged("modern") })
    };
  }

  #key(): SnapshotKey {
    const environment = chosenNow(this.#options.environments);
    return {
      url: this.#options.url,
      account: this.#options.account(),
      environment: environment?.id ?? environment?.name
    };
  }

  /** Connects once the first answer is out: nothing is loaded before, and nobody is asked who would only refuse. */
  #connect(): void {
    if (describes(this.#options.url) && this.#options.account() === undefined) return;
    setImmediate(() => {
      this.link.open(this.#caller()).catch((error: unknown) => {
        this.#options.log.debug(`The hosted server has not answered: ${String(error)}`);
      });
    });
  }

  #caller(): Caller {
    return this.#gate.callerFor(this.bridge.agent.client);
  }

  /** Takes the live list over a new connection, unless the server has said that the known one holds still. */
  async #refreshStale(): Promise<void> {
    if (!(await this.#surface.isCurrent())) this.#adopt(this.#live.take());
  }

  readonly #refresh = (): void => this.#adopt(this.#live.retake());

  /** The list is adopted as it is taken; that it could not be is no reason to fail anything. */
  #adopt(taken: Promise<unknown>): void {
    taken.catch((error: unknown) => {
      this.#options.log.debug(`The tool list was not refreshed: ${String(error)}`);
    });
  }
}
