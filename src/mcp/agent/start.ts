import type { AuthProvider } from "../../authorization.ts";
import type { Log } from "../../log.ts";
import type { Http } from "../../system/http.ts";
import type { Io } from "../../system/io.ts";
import type { Environments } from "../environment/environments.ts";
import { clientOf, initializeResult } from "../hosted/connection.ts";
import type { Apps } from "../local/app-pages.ts";
import type { LocalTool } from "../local/local-tool.ts";
import type { ClientInfo } from "../protocol/capabilities.ts";
import { classify, eraOf, type Request } from "../protocol/message.ts";
import type { Skill } from "./skills.ts";
import { presented } from "../tools/instructions.ts";
import type { ToolSelection } from "../tools/selection.ts";
import { type SnapshotKey, snapshotKey, SnapshotStore } from "../tools/snapshot.ts";
import { firstLine, type Line, type Receive, Stdio, writtenLine } from "./stdio.ts";

/** How long things may take, in milliseconds. */
export interface Bounds {
  /** A tool call's wait for the user to sign in. */
  signInWaitMs: number;
  /** How long a call may hear nothing before it is given up. */
  idleCallMs: number;
  /** How long the first answer waits for a server of which nothing is known. */
  liveAnswerMs: number;
}

/** What the stdio server is made of; what is heavy is loaded when it is needed. */
export interface ServeOptions {
  io: Io;
  /** The hosted MCP endpoint. */
  url: URL;
  authorization: () => Promise<AuthProvider>;
  /** A name for the signed-in account, without network or keychain. */
  account: () => string | undefined;
  http: () => Promise<Http>;
  cacheDir: string;
  localTools: () => Promise<readonly LocalTool[]>;
  /** The pages for hosts that render MCP Apps; undefined where they are turned off. */
  apps: Apps | undefined;
  /** The skill that comes with the program. */
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
  /** What the snapshot is for, without network or keychain. */
  snapshotKey: () => SnapshotKey;
}

/** The parts that exist before the server is loaded. */
export interface ServerParts extends Known {
  /** What the agent is written to; its lines go to {@link LoadedServer.receive}. */
  stdio: Stdio;
}

/** The server itself, as far as its start needs it. */
export interface LoadedServer {
  /** Takes the client whose `initialize` has been answered already. */
  initialized(client: ClientInfo): void;
  /** Takes one line from the agent. */
  readonly receive: Receive;
  /** Ends everything. @param graceMs how long pending requests may still take to be answered */
  stop(graceMs: number): Promise<void>;
}

/** How long pending requests may still take when the agent has closed its end. */
const GRACE_MS = 1_000;

/**
 * Runs the stdio MCP server: everything between the agent on stdin and stdout, and Imgwire. An opening
 * `initialize` is answered before the server itself is loaded, and before the streams exist where it can be.
 * @returns the exit code, once the agent has left or the process is told to end
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
  // Not `once`: a library that listens too would find itself alone, and end the process with the signal.
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
 * Reads what the agent opens with, and answers it, without the streams of stdin and stdout.
 * @returns what was read, for the stream; the client if its `initialize` has been answered
 */
function open(parts: Known): { opening?: Buffer; client?: ClientInfo | undefined } {
  const { io } = parts;
  const opening = io.opening?.read();
  const line = opening && firstLine(opening);
  if (!opening || !line) return { ...(opening && { opening }) };
  const client = answerInitialize(line, parts, (answer) => {
    const rest = io.opening?.write(writtenLine(answer));
    if (rest?.length) io.stdout.write(rest);
  });
  return { opening, client };
}

/**
 * @param ended what ends it
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
  // If stdout is written in the background, the answer goes out before anything is loaded.
  await new Promise((resolve) => setImmediate(resolve));
  const server = await parts.load(parts);
  if (client) server.initialized(client);
  parts.stdio.receive = server.receive;
  for (const line of client ? inbox.lines.slice(1) : inbox.lines) void server.receive(line);
  const reason = await ended;
  parts.log.debug(reason === "left" ? "The agent has closed its end." : "Told to end.");
  await server.stop(reason === "left" ? GRACE_MS : 0);
}

/** The agent's lines until the server is loaded. */
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
 * Answers an `initialize` from what is known of Imgwire.
 * @returns the client that it introduces; undefined for any other line, and where Imgwire has to be asked
 */
function answerInitialize(line: Line, parts: Known, write: (line: string) => void): ClientInfo | undefined {
  const request = "text" in line ? readInitialize(line.text) : undefined;
  if (!request) return undefined;
  const known = parts.snapshots.known(parts.snapshotKey());
  if (!known) return undefined;
  const client = clientOf(request);
  const result = initializeResult(client, presented(known, parts.selection));
  write(JSON.stringify({ jsonrpc: "2.0", id: request.id, result }));
  return client;
}

/** The `initialize` request in a line, if it is one; the bridge reports what is wrong with any other line. */
function readInitialize(text: string): Request | undefined {
  try {
    const incoming = classify(JSON.parse(text), text);
    if (incoming.kind !== "request" || incoming.message.method !== "initialize") return undefined;
    return eraOf(incoming.message, "legacy") === "legacy" ? incoming.message : undefined;
  } catch {
    return undefined;
  }
}
