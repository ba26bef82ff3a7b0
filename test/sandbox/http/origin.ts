import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Faults, OriginName } from "./faults.ts";

/** One HTTP origin on the loopback interface. It listens at once, and answers 503 until {@link Origin.serve}. */
export interface Origin {
  /** `http://127.0.0.1:<port>`, without a trailing slash. */
  readonly url: string;
  serve(listener: (req: IncomingMessage, res: ServerResponse) => void | Promise<void>): void;
  /** Stops listening and cuts every open connection. */
  close(): Promise<void>;
}

/**
 * Opens an origin on 127.0.0.1.
 *
 * @param port the wanted port; 0 takes any free one
 * @throws when the port is taken (`EADDRINUSE`) or may not be used (`EACCES`)
 */
export async function openOrigin(name: OriginName, port: number, faults: Faults): Promise<Origin> {
  let listener: RequestListener = (_req, res) => void res.writeHead(503).end();
  const server = createServer((req, res) => {
    if (!faults.strike(name, req, res, listener)) listener(req, res);
  });
  // Longer than any client's pause, so that a kept-alive connection is never closed under a request.
  server.keepAliveTimeout = 65_000;
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject).listen(port, "127.0.0.1", resolve);
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    serve(next) {
      listener = (req, res) => void answer(next, req, res);
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      })
  };
}

async function answer(
  next: (req: IncomingMessage, res: ServerResponse) => void | Promise<void>,
  req: IncomingMessage,
  res: ServerResponse
): Promise<void> {
  try {
    await next(req, res);
  } catch (error) {
    if (res.headersSent) return void res.destroy();
    console.error(`sandbox: ${req.method} ${req.url?.split("?")[0]} failed:`, error);
    res.writeHead(500, { "content-type": "text/plain" }).end("internal error\n");
  }
}
