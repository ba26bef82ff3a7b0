import { EventEmitter, once } from "node:events";
import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { text } from "node:stream/consumers";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createHttp, type Http } from "../../src/system/http.ts";
import type { HttpResponse } from "../../src/system/exchange.ts";

/** More than the longest body in these tests. */
const MAX_BYTES = 64 * 1024 * 1024;

class Signal extends EventEmitter {
  aborted = false;

  abort(): void {
    this.aborted = true;
    this.emit("abort");
  }
}

let http: Http;
let server: Server;
let answer: RequestListener;
let sockets: Socket[];
beforeEach(async () => {
  http = createHttp({}, true);
  sockets = [];
  server = createServer((req, res) => answer(req, res)).on("connection", (socket) => sockets.push(socket));
  await once(server.listen(0, "127.0.0.1"), "listening");
});
afterEach(async () => {
  await http.close();
  server.closeAllConnections();
  server.close();
});

function ask(signal = new Signal(), path = "/mcp?a=b"): Promise<HttpResponse> {
  const url = new URL(path, `http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  return http.exchange(url, { method: "POST", headers: { accept: "text/plain" }, body: "hello", signal });
}

describe("an exchange", () => {
  it("sends the given request and reads the response without a byte order mark", async () => {
    answer = (req, res) => {
      void (async () => {
        const { method, url } = req;
        const seen = JSON.stringify({
          method,
          url,
          accept: req.headers.accept,
          body: await text(req)
        });
        res.writeHead(201, { "X-Seen": ["1", "2"] }).end(`\uFEFF${seen}`);
      })();
    };
    const response = await ask();
    expect(response).toMatchObject({ statusCode: 201, headers: { "x-seen": ["1", "2"] } });
    expect(JSON.parse(await response.body.text(MAX_BYTES))).toEqual({
      method: "POST",
      url: "/mcp?a=b",
      accept: "text/plain",
      body: "hello"
    });
  });

  it("skips informational responses before the real one", async () => {
    answer = (_req, res) => {
      res.writeEarlyHints({ link: "</style.css>; rel=preload" }, () => res.end("done"));
    };
    const response = await ask();
    expect(response.statusCode).toBe(200);
    expect(await response.body.text(MAX_BYTES)).toBe("done");
  });

  it("delivers data while more is still arriving", async () => {
    let end: (() => void) | undefined;
    answer = (_req, res) => {
      res.write("first");
      end = () => res.end("last");
    };
    const chunks: string[] = [];
    for await (const chunk of (await ask()).body) {
      chunks.push(chunk.toString());
      end!();
    }
    expect(chunks).toEqual(["first", "last"]);
  });

  it("reads text that arrives in parts cut within a character", async () => {
    answer = (_req, res) => {
      const bytes = Buffer.from("grün");
      res.write(bytes.subarray(0, 3), () => res.end(bytes.subarray(3)));
    };
    expect(await (await ask()).body.text(MAX_BYTES)).toBe("grün");
  });

  it("applies backpressure to the server if the reader is slow", async () => {
    const chunk = Buffer.alloc(64 * 1024, "x");
    const total = 512;
    let written = 0;
    answer = (_req, res) => {
      const more = (): void => {
        while (written < total) {
          written++;
          if (!res.write(chunk)) return void res.once("drain", more);
        }
        res.end();
      };
      more();
    };
    const response = await ask();
    const settled = async (): Promise<number> => {
      for (let before = -1; before !== written;) {
        before = written;
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
      return written;
    };
    expect(await settled()).toBeLessThan(total);
    expect(await text(response.body)).toHaveLength(total * chunk.length);
  });

  it("fails if the connection is cut before the response or in its body, after delivering what had arrived", async () => {
    answer = (req) => req.socket.destroy();
    await expect(ask()).rejects.toMatchObject({ code: "UND_ERR_SOCKET" });
    answer = (_req, res) => {
      res.writeHead(200, { "content-length": "100" }).write("part", () => res.socket?.destroy());
    };
    const { body } = await ask();
    const chunks: string[] = [];
    const reading = (async () => {
      for await (const chunk of body) chunks.push(chunk.toString());
    })();
    await expect(reading).rejects.toMatchObject({ code: "UND_ERR_SOCKET" });
    expect(chunks).toEqual(["part"]);
    await expect((await ask()).body.text(MAX_BYTES)).rejects.toMatchObject({ code: "UND_ERR_SOCKET" });
  });

  it("stops on abort before it starts, while it waits, and while its body is read", async () => {
    const early = new Signal();
    early.abort();
    await expect(ask(early)).rejects.toThrow("stopped");
    expect(sockets).toEqual([]);

    const connecting = new Signal();
    const asked = ask(connecting);
    connecting.abort();
    await expect(asked).rejects.toThrow("stopped");

    const waiting = new Signal();
    answer = () => waiting.abort();
    await expect(ask(waiting)).rejects.toThrow("stopped");

    const reading = new Signal();
    answer = (_req, res) => void res.write("part");
    const { body } = await ask(reading);
    const read = body.text(MAX_BYTES);
    reading.abort();
    await expect(read).rejects.toThrow("stopped");
    await Promise.all(sockets.filter(({ closed }) => !closed).map((socket) => once(socket, "close")));
  });

  it("delivers nothing after it was stopped, even if more has arrived", async () => {
    answer = (_req, res) => res.end("x".repeat(300_000));
    const signal = new Signal();
    const reading = (async () => {
      for await (const chunk of (await ask(signal)).body) if (chunk.length > 0) signal.abort();
    })();
    await expect(reading).rejects.toThrow("stopped");
  });

  // Bodies of these sizes could leave undici paused when the connection ends, which would end the process.
  const codings = ["", "gzip", "identity", "chunked, gzip"];
  it.each(
    [65_000, 70_000, 100_000, 131_072, 140_000, 190_000, 500_000].flatMap((size) =>
      codings.map((coding) => [size, coding] as const)
    )
  )(
    "reads a body of %d bytes that ends with its connection, late, with Transfer-Encoding %j [mcp.one-answer]",
    async (size, coding) => {
      let close = (): void => undefined;
      const gone = new Promise<void>((resolve) => (close = resolve));
      answer = (req) => {
        const field = coding === "" ? "connection: close" : `transfer-encoding: ${coding}`;
        req.socket.on("close", close).write(`HTTP/1.1 200 OK\r\n${field}\r\n\r\n`);
        req.socket.end("x".repeat(size));
      };
      const { body } = await ask();
      await gone;
      expect(await body.text(MAX_BYTES)).toHaveLength(size);
    }
  );

  it("closes the connection if a body is left half read or is too long to drain", async () => {
    const used: Socket[] = [];
    answer = (req, res) => {
      used.push(req.socket);
      res.write("x".repeat(2_000));
    };
    for await (const chunk of (await ask()).body) {
      expect(chunk.length).toBeGreaterThan(0);
      break;
    }
    await (await ask()).body.dump(1_000);
    expect(used).toHaveLength(2);
    await Promise.all(used.filter(({ closed }) => !closed).map((socket) => once(socket, "close")));
  });

  it("reuses connections whose bodies were read to the end", async () => {
    answer = (_req, res) => res.end("short");
    for (let at = 0; at < 10; at++) await (await ask()).body.dump(1_000);
    expect(sockets.length).toBeLessThan(5);
  });
});
