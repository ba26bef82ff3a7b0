import { once } from "node:events";
import { type AddressInfo, createServer, type Server } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createFetch } from "../../src/auth/fetch.ts";
import { createHttp, type Http } from "../../src/system/http.ts";

/** A public server must not direct requests to this machine or its network. */
describe("an address named by a public hosted server", () => {
  let server: Server;
  let http: Http;
  let connections = 0;
  beforeAll(async () => {
    server = createServer(() => connections++).listen(0);
    await once(server, "listening");
    http = createHttp({}, false);
  });
  afterAll(async () => {
    await http.close();
    server.close();
  });

  it.each([
    "127.0.0.1",
    "127.1",
    "2130706433",
    "0x7f000001",
    "0177.0.0.1",
    "[::1]",
    "[::ffff:127.0.0.1]",
    "[::ffff:7f00:1]",
    "0.0.0.0",
    "localhost",
    "169.254.169.254",
    "10.0.0.1",
    "192.168.1.1",
    "100.64.0.1",
    "[fe80::1]",
    "[fd00::1]"
  ])("refuses %s if a public hosted server names it [auth.private-addresses]", async (host) => {
    const { port } = server.address() as AddressInfo;
    await expect(createFetch(http)(`https://${host}:${port}/`)).rejects.toMatchObject({
      code: "address_refused"
    });
    expect(connections).toBe(0);
  });
});
