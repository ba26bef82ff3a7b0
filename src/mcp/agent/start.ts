import type { AuthProvider } from "../../authorization.ts";
import type { Log } from "../../log.ts";
import type { Http } from "../../system/http.ts";
import type { Io } from "../../system/io.ts";
import type { Environments } from "../environment/environments.ts";
import type { Apps } from "../local/app-pages.ts";
import type { LocalTool } from "../local/local-tool.ts";
import type { Skill } from "../local/skill.ts";
import type { ClientInfo } from "../protocol/capabilities.ts";
import { classify, eraOf, type Request } from "../protocol/message.ts";
import { initializeResult, readClientInfo } from "./handshake.ts";
import { withAdvice } from "../tools/instructions.ts";
import type { ToolSelection } from "../tools/selection.ts";
import { type SnapshotKey, snapshotKey, SnapshotStore } from "../tools/snapshot.ts";
import { firstLine, type Line, type Receive, Stdio, writtenLine } from "./stdio.ts";

/** Time limits, in milliseconds. */
export interface Bounds {
  /** How long a tool call waits for the user to sign in. */
  signInWaitMs: number;
  /** How long a call may go without any message before it is abandoned. */
  idleCallMs: number;
  /** How long the first answer waits for a server about which nothing is known yet. */
  liveAnswerMs: number;
}

/** What the stdio server is made of. Heavy parts are loaded when they are needed. */
export interface ServeOptions {
  io: Io;
  /** The hosted MCP endpoint. */
  url: URL;
  authorization: () => Promise<AuthProvider>;
  /** Returns a name for the signed-in account without using the network or the keychain. */
  account: () => string | undefined;
  http: () => Promise<Http>;
  cacheDir: string;
  localTools: () => Promise<readonly LocalTool[]>;
  /** The pages for hosts that render MCP Apps; undefined if they are turned off. */
  apps: Apps | undefined;
  /** The skill bundled with the program. */
  skill: () => Promise<Skill>;
  /** The tools that the agent is offered. */
  selection: ToolSelection;
  environments: Environments;
  bounds?: Partial<Bounds>;
  /** Loads the server itself. */
  load: (parts: ServerParts) => Promise<LoadedServer>;
  log: Log;
}

/** What an opening `initialize` is answered from. */
interface Known extends ServeOptions {
  snapshots: SnapshotStore;
  /** Returns the current snapshot key without using the network or the keychain. */
  snapshotKey: () => SnapshotKey;
}

/** The parts that exist before the server is loaded. */
export interface ServerParts extends Known {
  /** Writes to the agent and reads its lines, which go to {@link LoadedServer.receive}. */
  stdio: Stdio;
}

/** The server, as its start-up code sees it. */
export interface LoadedServer {
  /** Registers the client whose `initialize` has already been answered. */
  initialized(client: ClientInfo): void;
  /** Handles one line from the agent. */
  readonly receive: Receive;
  /** Stops the server. @param timeoutMs how long to wait for pending requests, in milliseconds */
  stop(timeoutMs: number): Promise<void>;
}

/** How long to wait for pending requests once the agent has closed its end. */
const STOP_TIMEOUT_MS = 1_000;

/**
 * Runs the stdio MCP server between Imgwire and the agent on stdin and stdout. An opening `initialize` is
 * answered before the server is loaded and, if possible, before the streams are created.
 * @returns the exit code, once the agent has left or the process has received a signal
 */
export async function serve(options: ServeOptions): Promise<number> {
  const known = {
    ...options,
    snapshots: new SnapshotStore(options.cacheDir, options.log),
    snapshotKey: () => snapshotKey(options)
  };
  const { opening, client } = open(known);
  const stdio = new Stdio(options.io.stdin, options.io.stdout);
  const inbox = new Inbox();
  const left = new Promise<"left">((resolve) => stdio.start(inbox.receive, () => resolve("left"), opening));
  // Not `once`: a library that also listens would then see no other listener, and end the process itself.
  const signalled = new Promise<"signal">((resolve) => {
    process.on("SIGTERM", () => resolve("signal"));
    process.on("SIGINT", () => resolve("signal"));
  });
  const ended = Promise.race([left, signalled]);
  const parts = { ...known, stdio };
  if ((await Promise.race([inbox.first, ended])) === "line") await runServer(parts, inbox, ended, client);
  stdio.stop();
  return 0;
}

/**
 * Reads the agent's first bytes, and answers an `initialize` in them, without creating the stdin and stdout
 * streams.
 * @returns the bytes read, which the stream has to deliver first; the client, if its `initialize` was
 *   answered
 */
function open(parts: Known): { opening?: Buffer; client?: ClientInfo | undefined } {
  const { io } = parts;
  const opening = io.earlyStdio?.read();
  const line = opening && firstLine(opening);
  if (!opening || !line) return { ...(opening && { opening }) };
  const client = answerInitialize(line, parts, (answer) => {
    const rest = io.earlyStdio?.write(writtenLine(answer));
    if (rest?.length) io.stdout.write(rest);
  });
  return { opening, client };
}

/**
 * @param ended resolves when the server is to stop
 * @param answered the client, if its `initialize` has been answered already
 */
async function runServer(
  parts: ServerParts,
  inbox: Inbox,
  ended: Promise<"left" | "signal">,
  answered: ClientInfo | undefined
): Promise<void> {
  const { stdio } = parts;
  const client = answered ?? answerInitialize(inbox.lines[0]!, parts, (answer) => stdio.write(answer));
  // If stdout is written asynchronously, let the answer go out before anything is loaded.
  await new Promise((resolve) => setImmediate(resolve));
  const server = await parts.load(parts);
  if (client) server.initialized(client);
  parts.stdio.receive = server.receive;
  for (const line of client ? inbox.lines.slice(1) : inbox.lines) void server.receive(line);
  const reason = await ended;
  parts.log.debug(reason === "left" ? "The agent has closed its end." : "Received a signal.");
  await server.stop(reason === "left" ? STOP_TIMEOUT_MS : 0);
}

/** Collects the agent's lines until the server is loaded. */
class Inbox {
  readonly lines: Line[] = [];
  readonly first: Promise<"line">;
  #arrived!: () => void;

  constructor() {
    this.first = new Promise((resolve) => (this.#arrived = () => resolve("line")));
  }

  readonly receive: Receive = (line) => {
    this.lines.push(line);
    this.#arrived();
    return undefined;
  };
}

/**
 * Answers an `initialize` from what is already known about Imgwire.
 * @returns the client that sent it; undefined for any other line, or if Imgwire must be asked first
 */
function answerInitialize(line: Line, parts: Known, write: (line: string) => void): ClientInfo | undefined {
  const request = "text" in line ? readInitialize(line.text) : undefined;
  if (!request) return undefined;
  const known = parts.snapshots.known(parts.snapshotKey());
  if (!known) return undefined;
  const client = readClientInfo(request);
  const result = initializeResult(client, withAdvice(known, parts.selection));
  write(JSON.stringify({ jsonrpc: "2.0", id: request.id, result }));
  return client;
}

/** Parses a line as a legacy `initialize`; undefined for any other line, which is left to the bridge. */
function readInitialize(text: string): Request | undefined {
  try {
    const incoming = classify(JSON.parse(text), text);
    if (incoming.kind !== "request" || incoming.message.method !== "initialize") return undefined;
    return eraOf(incoming.message, "legacy") === "legacy" ? incoming.message : undefined;
  } catch {
    return undefined;
  }
}
