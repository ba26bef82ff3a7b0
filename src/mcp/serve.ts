import type { Log } from "../log.ts";
import type { Http } from "../system/http.ts";
import type { Io } from "../system/io.ts";
import type { Authorization } from "./authorization.ts";
import { Bridge } from "./bridge.ts";
import type { Call } from "./call.ts";
import { describes } from "./catalogue.ts";
import { chosenNow, type Environments } from "./environments.ts";
import { eraOf } from "./era/era-of.ts";
import { LegacyAgent } from "./era/legacy/agent.ts";
import { EraMemory } from "./era/memory.ts";
import { ModernAgent } from "./era/modern/agent.ts";
import { events } from "./events.ts";
import { EnvironmentGate } from "./interceptors/environment.ts";
import { localTools } from "./interceptors/local-tools.ts";
import { signInGate } from "./interceptors/sign-in.ts";
import { toolList } from "./interceptors/tool-list.ts";
import { Link } from "./link.ts";
import { Live } from "./live.ts";
import type { LocalTool } from "./local-tool.ts";
import { fileName, SnapshotStore } from "./snapshot.ts";
import { Stdio } from "./stdio.ts";
import { Surface } from "./surface.ts";
import { Wishes } from "./wishes.ts";

/** How long things may take, in milliseconds. */
export interface Bounds {
  /** A tool call's wait for the user to sign in. */
  signInWaitMs: number;
  /** A call's silence before it is given up. */
  idleCallMs: number;
  /** The first answer's wait for a server of which nothing is known. */
  liveAnswerMs: number;
}

/** What the stdio server is made of; what is heavy is asked for when it is needed. */
export interface ServeOptions {
  io: Io;
  /** The hosted MCP endpoint. */
  url: URL;
  authorization: () => Promise<Authorization>;
  /** A name for whoever is signed in, from what is at hand: no network, no keychain. */
  account: () => string | undefined;
  http: () => Promise<Http>;
  cacheDir: string;
  localTools: () => Promise<readonly LocalTool[]>;
  environments: Environments;
  log: Log;
  bounds?: Partial<Bounds>;
}

const BOUNDS: Bounds = { signInWaitMs: 45_000, idleCallMs: 5 * 60_000, liveAnswerMs: 3_000 };
/** What is pending when the agent closes its end may still be answered within this. */
const GRACE_MS = 1_000;

/**
 * Runs the stdio MCP server: everything between the agent on stdin and stdout and the hosted server.
 * @returns the exit code, when the agent has left or the process is told to end
 */
export async function serve(options: ServeOptions): Promise<number> {
  const { io, log } = options;
  const stdio = new Stdio(io.stdin, io.stdout);
  const { bridge, link } = assemble(options, stdio);
  const signalled = new Promise<"signal">((resolve) => {
    process.once("SIGTERM", () => resolve("signal"));
    process.once("SIGINT", () => resolve("signal"));
  });
  const left = new Promise<"left">((resolve) => {
    stdio.start(
      (line) => bridge.receive(line),
      () => resolve("left")
    );
  });
  const why = await Promise.race([left, signalled]);
  log.debug(why === "left" ? "The agent has closed its end." : "Told to end.");
  if (why === "left") await withinGrace(bridge.idle());
  bridge.abandon();
  await link.close();
  stdio.stop();
  return 0;
}

/** Puts the parts together. */
function assemble(options: ServeOptions, stdio: Stdio): { bridge: Bridge; link: Link } {
  const { url, log, cacheDir, environments } = options;
  const bounds = { ...BOUNDS, ...options.bounds };
  const wishes = new Wishes();
  const write = (line: string): void => stdio.write(line);
  const restart = (call: Call): void => bridge.start(call);
  const key = () => {
    const environment = chosenNow(environments);
    return { url, account: options.account(), environment: environment?.id ?? environment?.name };
  };

  const link: Link = new Link({
    ...options,
    headers: () => gate.headers(),
    memory: new EraMemory(cacheDir, fileName(url.href), log),
    wishes,
    events: events({ bridge: () => bridge, gate: () => gate, stdio, changed: () => refresh() }),
    opened: () => refresh(),
    idleCallMs: bounds.idleCallMs,
    tool: (name) => surface.tool(name)
  });
  const gate: EnvironmentGate = new EnvironmentGate({ environments, beyond: link, log });
  const surface: Surface = new Surface({
    store: new SnapshotStore(cacheDir, log),
    key,
    localTools: options.localTools,
    live: () => live.take(),
    liveAnswerMs: bounds.liveAnswerMs,
    log
  });
  const live: Live = new Live(
    link,
    () => gate.clientFacts(bridge.agent.client),
    async (snapshot) => {
      if (await surface.adopt(snapshot)) bridge.agent.event(TOOLS_CHANGED, undefined, []);
    },
    log
  );
  const refresh = (): void => {
    live.take().catch((error: unknown) => log.debug(`The tool list was not refreshed: ${String(error)}`));
  };
  /** Once the first answer is out: nothing is loaded before, and nobody is asked who would only refuse. */
  const connect = (): void => {
    if (describes(url) && options.account() === undefined) return;
    setImmediate(refresh);
  };
  const server = () => surface.server();
  const agents = {
    legacy: new LegacyAgent({
      server,
      wishes,
      opened: connect,
      wished: () => link.wishesChanged("legacy"),
      write
    }),
    modern: new ModernAgent({
      server,
      wishes,
      opened: connect,
      wished: () => void link.wishesChanged("modern"),
      write
    })
  };
  const bridge: Bridge = new Bridge({
    stdio,
    agents,
    eraOf,
    interceptors: [
      agents.legacy,
      agents.modern,
      toolList(surface, link, live),
      localTools({ load: options.localTools, surface, gate, restart }),
      signInGate({
        authorization: options.authorization,
        refusal: () => link.refusal,
        waitMs: bounds.signInWaitMs,
        signedIn: refresh,
        restart,
        log
      })
    ],
    beyond: gate,
    log
  });
  return { bridge, link };
}

const TOOLS_CHANGED = { jsonrpc: "2.0", method: "notifications/tools/list_changed" } as const;

async function withinGrace(done: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => (timer = setTimeout(resolve, GRACE_MS)));
  await Promise.race([done, late]);
  clearTimeout(timer);
}
