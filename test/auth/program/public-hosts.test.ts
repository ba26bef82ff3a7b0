import type { IncomingMessage, ServerResponse } from "node:http";
import { afterEach, describe, expect, it } from "vitest";
import { User } from "../../support/login.ts";
import { PARTS } from "../../support/parts.ts";
import { TlsProxy } from "../../support/tls-proxy.ts";

const MCP = "https://mcp.example.test/mcp";
const AS = "https://as.example.test";

let proxy: TlsProxy;
let user: User;
afterEach(async () => {
  await proxy.stop();
  await user.remove();
});

/** Starts a user whose hosted server is on the public network, which they reach through the proxy. */
async function begin(changes: { issuer?: string; server?: object; challenge?: string } = {}): Promise<void> {
  const { issuer = AS, server = {}, challenge = "Bearer" } = changes;
  const documents: Record<string, object> = {
    "mcp.example.test/.well-known/oauth-protected-resource/mcp": {
      resource: "https://mcp.example.test/",
      authorization_servers: [issuer]
    },
    "as.example.test/.well-known/oauth-authorization-server": {
      issuer: AS,
      authorization_endpoint: `${AS}/authorize`,
      token_endpoint: `${AS}/token`,
      registration_endpoint: `${AS}/register`,
      code_challenge_methods_supported: ["S256"],
      ...server
    },
    "as.example.test/register": { client_id: "c1" },
    "as.example.test/token": { access_token: "CANARY-access", token_type: "Bearer", expires_in: 3_600 }
  };
  proxy = await TlsProxy.start((req: IncomingMessage, res: ServerResponse) => {
    const found = documents[`${req.headers.host}${req.url}`];
    const status = found ? 200 : req.url === "/mcp" ? 401 : 404;
    res.writeHead(status, { "content-type": "application/json", "www-authenticate": challenge });
    res.end(JSON.stringify(found ?? {}));
  });
  user = await User.create({ IMGWIRE_MCP_URL: MCP, ...proxy.env });
}

describe.runIf(PARTS.openssl.path)("a hosted server on the public network", () => {
  it("signs in to a public server through a proxy, with the proxy's certificate authority", async () => {
    await begin();
    const login = await user.login();
    expect(login.link.origin).toBe(AS);
    expect((await fetch(login.callback({ code: "CANARY-code" }))).status).toBe(200);
    expect(await login.exited).toBe(0);
    expect(new Set(proxy.targets)).toEqual(new Set(["mcp.example.test:443", "as.example.test:443"]));
  });

  it.each([
    "https://127.0.0.1:9443",
    "https://2130706433",
    "https://0x7f.1",
    "https://[::ffff:7f00:1]",
    "https://169.254.169.254",
    "https://10.1.2.3",
    "https://localhost",
    "https://192.168.0.1/tenant"
  ])(
    "refuses the authorization server %s for a public hosted server [auth.private-addresses]",
    async (issuer) => {
      await begin({ issuer });
      const outcome = await user.run(["login", "--json"]);
      expect(outcome.code).toBe(1);
      expect(outcome.stdout).toContain("address_refused");
      expect(new Set(proxy.targets)).toEqual(new Set(["mcp.example.test:443"]));
      expect(user.opened()).toEqual([]);
    }
  );

  it("refuses endpoints and metadata in the private network for a public hosted server [auth.private-addresses]", async () => {
    await begin({ server: { registration_endpoint: "https://192.168.1.1/register" } });
    expect((await user.run(["login", "--json"])).stdout).toContain("address_refused");
    await user.remove();
    await proxy.stop();
    await begin({ challenge: 'Bearer resource_metadata="https://169.254.169.254/latest/meta-data"' });
    expect((await user.run(["login", "--json"])).stdout).toContain("address_refused");
    expect(new Set(proxy.targets)).toEqual(new Set(["mcp.example.test:443"]));
  });
});
