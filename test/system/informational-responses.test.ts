import { EventEmitter, once } from "node:events";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { Readable } from "node:stream";
import { afterEach, describe, expect, it } from "vitest";
import { createHttp, type Http } from "../../src/system/http.ts";

const ANSWER = "HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\ndone";
const CONTINUE = "HTTP/1.1 100 Continue\r\n\r\n";

let server: Server;
let http: Http;
afterEach(async () => {
  await http.close();
  await new Promise((resolve) => server.close(resolve));
});

/** Starts a server that answers each request with these parts, one write each, and counts the requests. */
async function answering(parts: readonly string[], options = { proxied: false }) {
  const counts = { requests: 0 };
  server = createServer({ noDelay: true }, (socket) => {
    socket.on("error", () => undefined);
    socket.on("data", (chunk: Buffer) => {
      if (chunk.toString().startsWith("CONNECT ")) {
        socket.write("HTTP/1.1 200 Connection established\r\n\r\n");
      } else if (/^[A-Z]+ \//.test(chunk.toString())) {
        counts.requests += 1;
        void writeAll(socket, parts);
      }
    });
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  http = createHttp(options.proxied ? { HTTP_PROXY: origin } : {}, true);
  return { counts, url: new URL(options.proxied ? "http://imgwire.example/mcp" : `${origin}/mcp`) };
}

async function writeAll(socket: Socket, parts: readonly string[]): Promise<void> {
  for (const part of parts) {
    await new Promise((resolve) => socket.write(part, resolve));
    await new Promise((resolve) => setImmediate(resolve));
  }
}

function exchange(url: URL) {
  const signal = Object.assign(new EventEmitter(), { aborted: false });
  return http.exchange(url, { method: "POST", headers: {}, body: "hello", signal });
}

const EARLY = "HTTP/1.1 103 Early Hints\r\nlink: </a.css>; rel=preload\r\n\r\n";
const PROCESSING = "HTTP/1.1 102 Processing\r\n\r\n";
const ROWS: readonly [what: string, parts: readonly string[]][] = [
  ["an unrequested 100", [CONTINUE, ANSWER]],
  ["a 100 in one write with the answer", [CONTINUE + ANSWER]],
  ["a 100 with header fields", ["HTTP/1.1 100 Continue\r\nserver: x\r\n\r\n", ANSWER]],
  ["a 100 of HTTP/1.0 without a reason", ["HTTP/1.0 100 \r\n\r\n", ANSWER]],
  ["several of all kinds", [CONTINUE, PROCESSING, CONTINUE + EARLY, PROCESSING, ANSWER]],
  ["one, byte by byte", [...CONTINUE, ...ANSWER]],
  ["none", [ANSWER]],
  ["none, byte by byte", [...ANSWER]]
];

describe("informational responses", () => {
  it.each(ROWS)(
    "skips informational responses without sending anything twice: %s [system.informational]",
    async (_, parts) => {
      const { url, counts } = await answering(parts);
      for (let times = 0; times < 3; times += 1) {
        const response = await exchange(url);
        expect(response.statusCode).toBe(200);
        expect(await response.body.text(100)).toBe("done");
      }
      expect(counts.requests).toBe(3);
    }
  );

  it.each(ROWS)(
    "sends an upload once despite informational responses: %s [system.informational]",
    async (_, parts) => {
      const { url, counts } = await answering(parts);
      const body = Readable.from([Buffer.from("PUT ME "), Buffer.from("hello")]);
      const headers = { "content-length": "12" };
      const response = await http.request(url, "server", { method: "PUT", headers, body });
      expect(await response.body.text()).toBe("done");
      expect(counts.requests).toBe(1);
    }
  );

  it("skips informational responses behind a proxy [system.informational]", async () => {
    const { url, counts } = await answering([CONTINUE, ANSWER], { proxied: true });
    expect(await (await exchange(url)).body.text(100)).toBe("done");
    expect(counts.requests).toBe(1);
  });

  it("keeps a body that looks like an informational response [system.informational]", async () => {
    const { url } = await answering([
      `HTTP/1.1 200 OK\r\ncontent-length: ${CONTINUE.length * 2}\r\n\r\n`,
      CONTINUE,
      CONTINUE
    ]);
    expect(await (await exchange(url)).body.text(1_000)).toBe(CONTINUE + CONTINUE);
  });

  it("fails a request whose response head never ends [system.informational]", async () => {
    const { url } = await answering(["HTTP/1.1 100 Continue\r\n", `x: ${"y".repeat(200_000)}\r\n`]);
    await expect(exchange(url)).rejects.toThrow();
  });
});
