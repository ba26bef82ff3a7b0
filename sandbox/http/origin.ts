import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { originNames, type Faults, type OriginName } from "./faults.ts";

/**
 * An HTTP origin on the loopback interface. It listens immediately but responds with 503 until {@link
 * Origin.serve}.
 */
export interface Origin {
  /** `http://127.0.0.1:<port>`, without a trailing slash. */
  readonly url: string;
  serve(listener: (req: IncomingMessage, res: ServerResponse) => void | Promise<void>): void;
  /** Stops listening and cuts every open connection. */
  close(): Promise<void>;
}

/**
 * Opens an origin on 127.0.0.1.
 * @param port 0 for any free port
 * @throws if the port is taken (`EADDRINUSE`) or not permitted (`EACCES`)
 */
async function openOrigin(name: OriginName, port: number, faults: Faults): Promise<Origin> {
  let listener: RequestListener = (_req, res) => void res.writeHead(503).end();
  const server = createServer((req, res) => {
    if (!faults.strike(name, req, res, listener)) listener(req, res);
  });
  // Longer than any client pauses, so that no kept-alive connection is closed while a request is being sent.
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

/**
 * Opens all origins. The MCP server gets the given port and the others the ports after it, or any free one if
 * those are taken.
 * @param port 0 for any free port
 */
export async function openOrigins(port: number, faults: Faults): Promise<Record<OriginName, Origin>> {
  const opened: Partial<Record<OriginName, Origin>> = {};
  try {
    for (const [index, name] of originNames.entries()) {
      const wanted = port === 0 || port + index > 65_535 ? 0 : port + index;
      opened[name] = await openOrigin(name, wanted, faults).catch((error: unknown) => {
        if (index === 0) throw error;
        return openOrigin(name, 0, faults);
      });
    }
  } catch (error) {
    await Promise.all(Object.values(opened).map((origin) => origin.close()));
    throw error;
  }
  return opened as Record<OriginName, Origin>;
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
