import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { buffer } from "node:stream/consumers";
import { getResponse, type RequestHandler } from "msw";

/**
 * The network of a test within one process, answered by msw's handlers. msw intercepts `fetch` and
 * `node:http` but not undici's dispatchers, which this program uses. So a real listener on the loopback
 * interface calls the handlers, and connections, headers and bodies are real.
 */
export interface Network {
  /** The origin at which the handlers answer: `http://127.0.0.1:<port>`. */
  readonly origin: string;
  /** Adds handlers before the existing ones. */
  use(...handlers: RequestHandler[]): void;
  /** Stops it. @throws if a request arrived that no handler expected */
  close(): Promise<void>;
}

export async function startNetwork(): Promise<Network> {
  const handlers: RequestHandler[] = [];
  const unexpected: string[] = [];
  const server = createServer((incoming, outgoing) => {
    void answer(incoming, outgoing).catch(() => outgoing.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

  async function answer(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const response = await getResponse(handlers, await requestOf(incoming, origin));
    if (!response) unexpected.push(`${incoming.method} ${incoming.url}`);
    outgoing.writeHead(response?.status ?? 500, Object.fromEntries(response?.headers ?? []));
    outgoing.end(response && Buffer.from(await response.arrayBuffer()));
  }

  return {
    origin,
    use: (...added) => void handlers.unshift(...added),
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      if (unexpected.length > 0) throw new Error(`No handler expected ${unexpected.join(", ")}`);
    }
  };
}

async function requestOf(incoming: IncomingMessage, origin: string): Promise<Request> {
  const method = incoming.method ?? "GET";
  const body = method === "GET" || method === "HEAD" ? undefined : new Uint8Array(await buffer(incoming));
  const headers = Object.entries(incoming.headersDistinct).flatMap(([name, values = []]) =>
    values.map((value): [string, string] => [name, value])
  );
  return new Request(new URL(incoming.url ?? "/", origin), { method, headers, ...(body && { body }) });
}
