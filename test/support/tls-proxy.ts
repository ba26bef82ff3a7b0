import { execFile } from "node:child_process";
import { once } from "node:events";
import { readFile, mkdtemp } from "node:fs/promises";
import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { TLSSocket } from "node:tls";
import { promisify } from "node:util";
import { PARTS } from "./parts.ts";
import { removeFolder } from "./folder.ts";

const run = promisify(execFile);

/**
 * A company proxy that inspects all traffic: it accepts `CONNECT` for any host below `example.test`, presents
 * its own certificate, and answers the requests itself. With it, a test can have public https hosts.
 */
export class TlsProxy {
  /** The targets of the `CONNECT` requests, as `host:port`. */
  readonly targets: string[] = [];
  readonly #server: Server;
  readonly #folder: string;
  readonly #sockets = new Set<Socket>();

  private constructor(server: Server, folder: string) {
    this.#server = server;
    this.#folder = folder;
    server.on("connection", (socket) => {
      this.#sockets.add(socket);
      socket.on("error", () => undefined);
    });
  }

  /** @param serve answers the requests inside the tunnels; their `Host` field names the host */
  static async start(serve: RequestListener): Promise<TlsProxy> {
    const folder = await mkdtemp(join(tmpdir(), "imgwire-proxy-"));
    const [key, cert] = [join(folder, "key.pem"), join(folder, "cert.pem")];
    const curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", key];
    const names = ["-subj", "/CN=example.test", "-addext", "subjectAltName=DNS:*.example.test"];
    await run(PARTS.openssl.path ?? "", ["req", "-x509", "-days", "2", "-out", cert, ...curve, ...names]);
    const options = { key: await readFile(key), cert: await readFile(cert), isServer: true };
    const inside = createServer(serve);
    const server = createServer();
    const proxy = new TlsProxy(server, folder);
    server.on("connect", ({ url = "" }, socket: Socket) => {
      proxy.targets.push(url);
      socket.write("HTTP/1.1 200 Connected\r\n\r\n");
      const secure = new TLSSocket(socket, options);
      secure.on("error", () => undefined);
      inside.emit("connection", secure);
    });
    await once(server.listen(0, "127.0.0.1"), "listening");
    return proxy;
  }

  /** The environment in which a program uses the proxy. */
  get env(): Record<string, string> {
    const { port } = this.#server.address() as AddressInfo;
    return {
      HTTPS_PROXY: `http://127.0.0.1:${port}`,
      NODE_EXTRA_CA_CERTS: join(this.#folder, "cert.pem")
    };
  }

  async stop(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
    await removeFolder(this.#folder);
  }
}
