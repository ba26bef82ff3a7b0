import { once } from "node:events";
import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { ImgwireError } from "../../src/errors.ts";
import { createHttp, type Http } from "../../src/system/http.ts";
import { proxyFor } from "../../src/system/proxy.ts";

const PROXY = "http://proxy.example:3128";

describe("proxyFor", () => {
  it.each([
    ["https://a.example/", { HTTPS_PROXY: PROXY }, "HTTPS_PROXY"],
    ["https://a.example/", { HTTPS_PROXY: PROXY, https_proxy: PROXY }, "https_proxy"],
    ["https://a.example/", { HTTP_PROXY: PROXY }, "HTTP_PROXY"],
    ["http://a.example/", { HTTPS_PROXY: PROXY }, undefined],
    ["http://a.example/", { http_proxy: "", HTTP_PROXY: PROXY }, undefined],
    ["https://a.example/", { HTTPS_PROXY: PROXY, NO_PROXY: "a.example" }, undefined],
    ["https://b.a.example/", { HTTPS_PROXY: PROXY, NO_PROXY: "x, .a.example" }, undefined],
    ["https://ba.example/", { HTTPS_PROXY: PROXY, NO_PROXY: "a.example" }, "HTTPS_PROXY"],
    ["https://a.example/", { HTTPS_PROXY: PROXY, NO_PROXY: "a.example:8443" }, "HTTPS_PROXY"],
    ["https://a.example/", { HTTPS_PROXY: PROXY, no_proxy: "a.example:443" }, undefined],
    ["https://a.example/", { HTTPS_PROXY: PROXY, NO_PROXY: "*" }, undefined],
    ["https://a.example/", { HTTPS_PROXY: PROXY, NO_PROXY: "x, *" }, undefined],
    ["http://[::1]:4000/", { HTTP_PROXY: PROXY, NO_PROXY: "localhost,::1" }, undefined],
    ["http://[::1]:4000/", { HTTP_PROXY: PROXY, NO_PROXY: "[::1]:4000" }, undefined],
    ["http://[::1]:4000/", { HTTP_PROXY: PROXY, NO_PROXY: "[::1]:80, ::2" }, "HTTP_PROXY"],
    ["https://a.example/", {}, undefined]
  ])("finds the proxy of %s with %j in %s", (url, env, variable) => {
    expect(proxyFor(new URL(url), env)?.variable).toBe(variable);
  });

  it.each(["proxy.example:3128", "proxy.example:3128/", "10.1.2.3:3128", "u:p@proxy.example:3128"])(
    "accepts a proxy for %s without a scheme",
    (value) => {
      const { url } = proxyFor(new URL("https://a.example/"), { HTTPS_PROXY: value })!;
      expect(url.href).toBe(`http://${value.replace("/", "")}/`);
    }
  );

  it.each(["proxy", "ftp://proxy.example:21", "http://"])(
    "throws for %s, which isn't a proxy URL",
    (value) => {
      expect(() => proxyFor(new URL("https://a.example/"), { HTTPS_PROXY: value })).toThrow(TypeError);
    }
  );
});

describe("a request through a proxy", () => {
  let http: Http;
  let proxy: Server | undefined;
  const sockets = new Set<Socket>();
  afterEach(async () => {
    await http.close();
    for (const socket of sockets) socket.destroy();
    proxy?.close();
    proxy = undefined;
  });

  /** Starts a proxy with this handler for `CONNECT`. @returns its host and port */
  async function startProxy(onConnect: (req: IncomingMessage, socket: Socket) => void): Promise<string> {
    proxy = createServer()
      .on("connect", onConnect)
      .on("connection", (socket) => sockets.add(socket));
    await once(proxy.listen(0, "127.0.0.1"), "listening");
    return `127.0.0.1:${(proxy.address() as AddressInfo).port}`;
  }

  /** Both ways to send a request, the second as `oauth4webapi` uses it. */
  function senders(env: Record<string, string>): (() => Promise<unknown>)[] {
    http = createHttp(env, false);
    const url = "https://mcp.example.test/mcp";
    return [
      () => http.request(new URL(url), "user", { method: "POST", body: "{}" }),
      () =>
        http.fetch(url).catch((error: Error) => {
          throw error instanceof ImgwireError ? error : error.cause;
        })
    ];
  }

  it.each([
    [407, "user name and password"],
    [403, "NO_PROXY=mcp.example.test"],
    [502, "NO_PROXY=mcp.example.test"]
  ])("reports a proxy that answers CONNECT with %i, and what to do", async (status, hint) => {
    const host = await startProxy((_req, socket) => socket.end(`HTTP/1.1 ${status} No\r\n\r\n`));
    for (const send of senders({ HTTPS_PROXY: `http://u:CANARY@${host}` })) {
      const error: Error = await send()
        .then(() => expect.unreachable())
        .catch((reason: Error) => reason);
      expect(error).toMatchObject({ code: "unreachable", hint: expect.stringContaining(hint) as string });
      expect(error.message).toBe(
        `The proxy ${host} (HTTPS_PROXY) does not connect to mcp.example.test: it answered ${status}.`
      );
      expect(String(error.cause)).not.toContain("CANARY");
    }
  });

  it("fails if a proxy closes the connection on CONNECT, without retrying forever", async () => {
    const host = await startProxy((_req, socket) => socket.destroy());
    for (const send of senders({ https_proxy: host })) {
      await expect(send()).rejects.toMatchObject({
        code: "unreachable",
        message: `The proxy ${host} (https_proxy) cannot be reached (UND_ERR_SOCKET).`
      });
    }
  });

  it("times out like a connection if a proxy never answers CONNECT", async () => {
    const host = await startProxy(() => undefined);
    for (const send of senders({ HTTPS_PROXY: host })) {
      await expect(send()).rejects.toMatchObject({
        message: `The proxy ${host} (HTTPS_PROXY) cannot be reached (UND_ERR_HEADERS_TIMEOUT).`
      });
    }
  });

  it.each([
    ["user:p%40ss", "user:p@ss"],
    ["token", "token:"]
  ])("authenticates to a proxy as %s", async (userinfo, credentials) => {
    const fields: unknown[] = [];
    const host = await startProxy((req, socket) => {
      fields.push(req.headers["proxy-authorization"]);
      socket.end("HTTP/1.1 403 No\r\n\r\n");
    });
    for (const send of senders({ HTTPS_PROXY: `http://${userinfo}@${host}` }))
      await send().catch(() => undefined);
    expect(new Set(fields)).toEqual(new Set([`Basic ${Buffer.from(credentials).toString("base64")}`]));
  });

  it.each(["proxy", "http://a:%zz@127.0.0.1:1"])(
    "rejects %s, which isn't a proxy URL, as wrong usage",
    async (value) => {
      for (const send of senders({ HTTPS_PROXY: value })) {
        await expect(send()).rejects.toMatchObject({
          code: "usage",
          message: "HTTPS_PROXY does not hold the URL of a proxy.",
          hint: "Write it as http://host:port, or unset it."
        });
      }
    }
  );
});
