import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { networkInterfaces } from "node:os";
import { once } from "node:events";
import { type IncomingMessage, request } from "node:http";
import { text } from "node:stream/consumers";
import { afterEach, describe, expect, it } from "vitest";
import { type CallbackServer, listenForCallback, portOfRedirect } from "../../src/auth/callback-server.ts";
import { signedInPage } from "../../src/auth/result-page.ts";

let listener: CallbackServer;
afterEach(() => listener.close());

interface Sent {
  method?: string;
  headers?: Record<string, string>;
}

/** Sends the listener requests that `fetch` doesn't allow. */
async function ask(
  path: string,
  { method = "GET", headers = {} }: Sent = {}
): Promise<{ status: number; body: string }> {
  const sent = request({
    host: "127.0.0.1",
    port: portOfRedirect(listener.redirectUri),
    path,
    method,
    headers,
    agent: false
  });
  sent.end();
  const [response] = (await once(sent, "response")) as [IncomingMessage];
  return { status: response.statusCode ?? 0, body: await text(response) };
}

/**
 * Starts a listener for the state `right`. @returns the codes it received; `sent` resolves after the page was
 * sent
 */
async function start(): Promise<{ codes: (string | null)[]; sent: Promise<void> }> {
  listener = await listenForCallback();
  const codes: (string | null)[] = [];
  const sent = new Promise<void>((resolve) => {
    listener.accept("right", (parameters) => {
      codes.push(parameters.get("code"));
      return Promise.resolve({ page: signedInPage(undefined), sent: resolve });
    });
  });
  return { codes, sent };
}

/** The addresses of this machine on its networks. */
function outwardAddresses(): string[] {
  const all = Object.values(networkInterfaces()).flatMap((each) => each ?? []);
  return all.filter(({ internal, scopeid }) => !internal && !scopeid).map(({ address }) => address);
}

async function isOpen(host: string, port: number): Promise<boolean> {
  const socket = connect({ host, port });
  return new Promise<boolean>((resolve) => {
    socket.once("connect", () => resolve(true)).once("error", () => resolve(false));
  }).finally(() => socket.destroy());
}

describe("the callback listener", () => {
  it("uses the literal address 127.0.0.1 for the callback and listens nowhere else", async () => {
    await start();
    expect(listener.redirectUri).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/callback$/);
    const port = portOfRedirect(listener.redirectUri) ?? 0;
    for (const host of ["::1", "127.0.0.2", ...outwardAddresses()])
      expect(await isOpen(host, port)).toBe(false);
    expect(await isOpen("127.0.0.1", port)).toBe(true);
  });

  it("accepts the genuine callback once", async () => {
    const { codes, sent } = await start();
    const page = await ask("/callback?code=c1&state=right");
    expect(page.status).toBe(200);
    expect(page.body).toContain("You're signed in to Imgwire");
    await sent;
    expect((await ask("/callback?code=c2&state=right")).status).toBe(409);
    expect(codes).toEqual(["c1"]);
  });

  it.each([
    ["no state", "/callback?code=x", {}, 400],
    ["another state", "/callback?code=x&state=wrong", {}, 400],
    ["two states", "/callback?code=x&state=right&state=right", {}, 400],
    ["a forged error", "/callback?error=access_denied", {}, 400],
    ["another path", "/?code=x&state=right", {}, 404],
    ["a foreign host", "/callback?code=x&state=right", { headers: { host: "evil.example" } }, 403],
    ["localhost by name", "/callback?code=x&state=right", { headers: { host: "localhost" } }, 403],
    [
      "a foreign origin",
      "/callback?code=x&state=right",
      { headers: { origin: "https://evil.example" } },
      403
    ],
    ["POST", "/callback?code=x&state=right", { method: "POST" }, 403],
    ["HEAD", "/callback?code=x&state=right", { method: "HEAD" }, 403]
  ])("refuses %s and still accepts the genuine callback", async (_, path, sent, status) => {
    const { codes } = await start();
    expect((await ask(path, sent)).status).toBe(status);
    expect(codes).toEqual([]);
    expect((await ask("/callback?code=honest&state=right")).status).toBe(200);
    expect(codes).toEqual(["honest"]);
  });

  it("uses a different callback port if the requested one is taken", async () => {
    const squatter = createServer().listen(0, "127.0.0.1");
    await once(squatter, "listening");
    const { port } = squatter.address() as AddressInfo;
    listener = await listenForCallback({ port, exact: false });
    expect(portOfRedirect(listener.redirectUri)).not.toBe(port);
    squatter.close();
  });

  it("uses the requested callback port if it is free", async () => {
    const before = await listenForCallback();
    await before.close();
    listener = await listenForCallback({
      port: portOfRedirect(before.redirectUri) ?? 0,
      exact: true
    });
    expect(listener.redirectUri).toBe(before.redirectUri);
  });

  it("answers the callback while 64 idle sockets are open, and closes them all", async () => {
    const { codes } = await start();
    const port = portOfRedirect(listener.redirectUri) ?? 0;
    const sockets: Socket[] = [];
    for (let count = 0; count < 64; count++) sockets.push(connect({ host: "127.0.0.1", port }));
    await Promise.all(sockets.map((socket) => once(socket, "connect")));
    const closed = Promise.all(sockets.map((socket) => once(socket.resume(), "close")));
    expect((await ask("/callback?code=c&state=right")).status).toBe(200);
    expect(codes).toEqual(["c"]);
    await listener.close();
    await closed;
  });
});

describe("a listener with 500 connections", () => {
  it.each(["idle", "half a request"])(
    "answers the genuine callback among 500 connections, %s [auth.callback-connections-bounded]",
    async (kind) => {
      const { codes } = await start();
      const port = portOfRedirect(listener.redirectUri) ?? 0;
      const sockets: Socket[] = [];
      const closed: Promise<unknown>[] = [];
      for (let count = 0; count < 500; count++) {
        const socket = connect({ host: "127.0.0.1", port }).on("error", () => undefined);
        if (kind !== "idle") socket.write("GET /callback HTTP/1.1\r\nHost: 127");
        sockets.push(socket);
        await once(socket, "connect");
        closed.push(new Promise((resolve) => socket.resume().once("close", resolve)));
      }
      // The oldest connections are closed; the listener allows 32.
      await Promise.all(closed.slice(0, 468));
      expect((await ask("/callback?code=c&state=right")).status).toBe(200);
      expect(codes).toEqual(["c"]);
      for (const socket of sockets) socket.destroy();
    }
  );
});
