import { createHash } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** What the storage does with one PUT. All but `during` keep it from being stored. */
type Fault =
  | { reset: "at once" | "half way" }
  | { status: number; body?: string; headers?: Record<string, string> }
  | { hang: true }
  | { during: (request: IncomingMessage) => void };

/** A PUT that was stored completely. */
interface StoredObject {
  sha256: string;
  size: number;
  headers: IncomingMessage["headers"];
}

/** An object storage over real HTTP, with faults on demand. */
export interface Storage {
  url: URL;
  /** By path. */
  objects: Map<string, StoredObject>;
  /** How many PUTs arrived, faulty ones included. */
  puts: number;
  /** Bytes that arrived in all PUTs. */
  bytes: number;
  /** Faults of the next PUTs, in order. Later PUTs are stored. */
  faults: Fault[];
  /** Answers to GET, by path. */
  files: Map<string, Buffer>;
  close(): Promise<void>;
}

export async function startStorage(): Promise<Storage> {
  const server = createServer(
    (request, response) => void handle(request, response).catch(() => request.destroy())
  );
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const storage: Storage = {
    url: new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`),
    objects: new Map(),
    puts: 0,
    bytes: 0,
    faults: [],
    files: new Map(),
    close() {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    }
  };

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = new URL(request.url ?? "/", storage.url).pathname;
    if (request.method === "GET") {
      const file = storage.files.get(path);
      response.writeHead(file ? 200 : 404).end(file);
      return;
    }
    storage.puts += 1;
    const fault = storage.faults.shift();
    if (fault && "during" in fault) fault.during(request);
    else if (fault) return fail(fault, request, response);
    const hash = createHash("sha256");
    let size = 0;
    for await (const chunk of request as AsyncIterable<Buffer>) {
      hash.update(chunk);
      size += chunk.length;
      storage.bytes += chunk.length;
    }
    if (size !== Number(request.headers["content-length"])) return void request.destroy();
    storage.objects.set(path, { sha256: hash.digest("hex"), size, headers: request.headers });
    response.writeHead(200).end();
  }

  async function fail(fault: Fault, request: IncomingMessage, response: ServerResponse): Promise<void> {
    if ("hang" in fault) return void request.on("data", (chunk: Buffer) => (storage.bytes += chunk.length));
    if ("reset" in fault) {
      const { socket } = request;
      if (fault.reset === "half way") await half(request);
      return void socket.resetAndDestroy();
    }
    if ("status" in fault) {
      for await (const chunk of request as AsyncIterable<Buffer>) storage.bytes += chunk.length;
      response.writeHead(fault.status, fault.headers).end(fault.body);
    }
  }

  function half(request: IncomingMessage): Promise<void> {
    let size = 0;
    return new Promise((resolve) => {
      request.on("data", (chunk: Buffer) => {
        size += chunk.length;
        if (size >= Number(request.headers["content-length"]) / 2) resolve();
      });
    });
  }

  return storage;
}
