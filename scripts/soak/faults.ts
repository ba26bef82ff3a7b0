import { createServer, request as httpRequest } from "node:http";
import type { AddressInfo } from "node:net";

/** A proxy that sometimes fails to pass requests on. */
export interface FaultyProxy {
  url: string;
  /** The number of faults so far. */
  done: number;
  close: () => Promise<void>;
}

/** Starts a proxy that cuts one request in forty and refuses another one in forty. */
export async function startFaultyProxy(target: URL): Promise<FaultyProxy> {
  const proxy = { url: "", done: 0, close: () => Promise.resolve() };
  const server = createServer((req, res) => {
    const fate = req.method === "POST" ? Math.random() : 1;
    if (fate < 0.05) proxy.done++;
    if (fate < 0.0125) return void req.socket.destroy();
    if (fate >= 0.025 && fate < 0.05) {
      const headers = fate < 0.0375 ? { "retry-after": "0" } : {};
      return void req.resume().on("end", () => res.writeHead(503, headers).end());
    }
    const options = {
      host: target.hostname,
      port: target.port,
      path: target.pathname,
      method: req.method,
      headers: req.headers
    };
    const onward = httpRequest(options, (answer) => {
      // The other half of the cuts happens after the server has handled the request.
      if (fate < 0.025) return req.socket.destroy();
      res.writeHead(answer.statusCode ?? 502, answer.headers);
      return void answer.pipe(res);
    });
    onward.on("error", () => res.destroy());
    res.on("close", () => onward.destroy());
    req.pipe(onward);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  proxy.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}${target.pathname}`;
  proxy.close = () => {
    server.closeAllConnections();
    return new Promise((resolve) => server.close(() => resolve()));
  };
  return proxy;
}
