import { randomUUID } from "node:crypto";
import { NodeStreamableHTTPServerTransport } from "@modelcontextprotocol/node";
import { listen, type Listening } from "../everything/serve.ts";
import type { Message, Program } from "./program.ts";

interface Session {
  transport: NodeStreamableHTTPServerTransport;
  program: Program;
}

/** The suite opens one session after another and rarely closes them, so older sessions can be ended. */
const MAX_SESSIONS = 2;

/**
 * A Streamable HTTP front for revisions up to 2025-11-25: each session gets its own program, and messages are
 * passed on unchanged.
 */
export async function serveLegacyFront(start: () => Program): Promise<Listening> {
  const sessions = new Map<string, Session>();
  const end = async (id: string): Promise<void> => {
    const session = sessions.get(id);
    sessions.delete(id);
    await session?.program.close();
  };
  const open = async (): Promise<Session> => {
    for (const id of [...sessions.keys()].slice(0, 1 - MAX_SESSIONS)) void end(id);
    const transport: NodeStreamableHTTPServerTransport = new NodeStreamableHTTPServerTransport({
      sessionIdGenerator: randomUUID,
      onsessioninitialized: (id) => void sessions.set(id, session),
      onsessionclosed: end
    });
    const session = { transport, program: start() };
    connect(session);
    await transport.start();
    return session;
  };
  const front = await listen(async (req, res) => {
    const id = req.headers["mcp-session-id"];
    const known = typeof id === "string" ? sessions.get(id) : undefined;
    if (typeof id === "string" && !known) return res.writeHead(404).end();
    return (known ?? (await open())).transport.handleRequest(req, res);
  });
  return {
    url: front.url,
    async close() {
      await front.close();
      await Promise.all([...sessions.keys()].map(end));
    }
  };
}

function connect({ transport, program }: Session): void {
  const pending = new Map<unknown, Message>();
  transport.onmessage = (message) => {
    if ("id" in message && "method" in message) pending.set(message.id, message as Message);
    program.send(message);
  };
  program.onMessage = (message) => {
    const related = message.method === undefined ? undefined : streamFor(message, pending);
    if (message.method === undefined) pending.delete(message.id);
    const options = related === undefined ? {} : { relatedRequestId: related };
    // If the suite has already closed the stream, the message is dropped.
    transport.send(message as Parameters<typeof transport.send>[0], options).catch(() => undefined);
  };
}

/** The request whose stream carries a message of the server: the related one, otherwise the latest. */
function streamFor({ params }: Message, pending: ReadonlyMap<unknown, Message>): string | number | undefined {
  const requests = [...pending.values()];
  const token = params?.["progressToken"];
  const about = requests.find(
    (each) => token !== undefined && each.params?._meta?.["progressToken"] === token
  );
  return (about ?? requests.at(-1))?.id;
}
