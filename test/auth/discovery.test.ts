import { http, HttpResponse } from "msw";
import { setupServer } from "msw/node";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Fetch } from "../../src/auth/fetch.ts";
import { parseBearerChallenge } from "../../src/auth/bearer-challenge.ts";
import { discover } from "../../src/auth/discovery.ts";
import { covers } from "../../src/auth/metadata.ts";
import { ImgwireError, UnreachableError } from "../../src/errors.ts";

const MCP = new URL("https://mcp.example/mcp");
const AS = "https://as.example";
const RESOURCE = "/.well-known/oauth-protected-resource";
const OAUTH = "/.well-known/oauth-authorization-server";
const OIDC = "/.well-known/openid-configuration";

const resource = (issuer = AS, about = "https://mcp.example/") => ({
  resource: about,
  authorization_servers: [issuer],
  scopes_supported: ["images"]
});
const server = (issuer = AS, more: object = {}) => ({
  issuer,
  authorization_endpoint: `${AS}/authorize`,
  token_endpoint: `${AS}/token`,
  code_challenge_methods_supported: ["S256"],
  ...more
});

const network = setupServer();
let asked: string[];
beforeEach(() => {
  asked = [];
  network.events.on("request:start", ({ request }) => void asked.push(request.url));
  network.listen({ onUnhandledRequest: "error" });
});
afterEach(() => {
  network.close();
  network.resetHandlers();
  network.events.removeAllListeners();
});

/** The existing hosts. They answer 404 to everything except the documents. */
const HOSTS = ["https://mcp.example", AS, "https://nobody.example"];

/** Serves these documents. @returns a fetch that requests them */
function web(documents: Record<string, unknown>): Fetch {
  network.use(
    ...Object.entries(documents).map(([url, found]) =>
      http.get(url, () => (found instanceof Response ? found.clone() : Response.json(found)))
    ),
    ...HOSTS.map((host) => http.get(`${host}/*`, () => new HttpResponse("no", { status: 404 })))
  );
  return (input, init) => fetch(input, init);
}

async function refusal(documents: Record<string, unknown>, challenge?: string): Promise<string> {
  const error: unknown = await discover(web(documents), MCP, parseBearerChallenge(challenge)).catch(
    (e: unknown) => e
  );
  if (error instanceof ImgwireError) return error.code;
  throw new Error("was not refused");
}

describe("discover", () => {
  it("requests metadata only at the URL in the challenge, if it has one", async () => {
    const place = "https://mcp.example/custom/metadata.json";
    const ask = web({ [place]: resource(), [`${AS}${OAUTH}`]: server() });
    const found = await discover(ask, MCP, parseBearerChallenge(`Bearer resource_metadata="${place}"`));
    expect(found).toMatchObject({ resource: "https://mcp.example/", scopesSupported: ["images"] });
    expect(asked).toEqual([place, `${AS}${OAUTH}`]);
  });

  it("tries the well-known metadata URLs, the one with the path first", async () => {
    const ask = web({
      [`https://mcp.example${RESOURCE}`]: resource(),
      [`${AS}${OIDC}`]: server()
    });
    await discover(ask, MCP, parseBearerChallenge(undefined));
    expect(asked).toEqual([
      `https://mcp.example${RESOURCE}/mcp`,
      `https://mcp.example${RESOURCE}`,
      `${AS}${OAUTH}`,
      `${AS}${OIDC}`
    ]);
  });

  it("keeps an issuer's path in all metadata URLs, inserted or appended", async () => {
    const issuer = `${AS}/tenant1`;
    const documents = {
      [`https://mcp.example${RESOURCE}/mcp`]: resource(issuer),
      [`${issuer}${OIDC}`]: server(issuer)
    };
    const ask = web(documents);
    expect((await discover(ask, MCP, parseBearerChallenge(undefined))).server.issuer).toBe(issuer);
    expect(asked.slice(1)).toEqual([`${AS}${OAUTH}/tenant1`, `${AS}${OIDC}/tenant1`, `${issuer}${OIDC}`]);
  });

  it("supports a server of 2025-03-26: metadata or the default endpoints at its own origin", async () => {
    const own = server("https://mcp.example", { token_endpoint: "https://mcp.example/oauth/token" });
    const described = await discover(
      web({ [`https://mcp.example${OAUTH}`]: own }),
      MCP,
      parseBearerChallenge(undefined)
    );
    expect(described).toMatchObject({
      resource: undefined,
      server: { token_endpoint: "https://mcp.example/oauth/token" }
    });
    const bare = await discover(web({}), MCP, parseBearerChallenge(undefined));
    expect(bare.server).toEqual({
      issuer: "https://mcp.example",
      authorization_endpoint: "https://mcp.example/authorize",
      token_endpoint: "https://mcp.example/token",
      registration_endpoint: "https://mcp.example/register"
    });
  });

  it("treats an issuer with and without the slash of an empty path as the same", async () => {
    const documents = {
      [`https://mcp.example${RESOURCE}/mcp`]: resource(`${AS}/`),
      [`${AS}${OAUTH}`]: server(AS)
    };
    expect((await discover(web(documents), MCP, parseBearerChallenge(undefined))).server.issuer).toBe(AS);
  });

  it.each([
    ["issuer_mismatch", server("https://attacker.example")],
    ["issuer_mismatch", server(`${AS}/tenant1`)],
    ["pkce_unsupported", server(AS, { code_challenge_methods_supported: undefined })],
    ["pkce_unsupported", server(AS, { code_challenge_methods_supported: ["plain"] })],
    ["metadata_invalid", server(AS, { token_endpoint: undefined })],
    ["url_refused", server(AS, { authorization_endpoint: "javascript:alert(1)" })],
    ["url_refused", server(AS, { authorization_endpoint: "http://as.example/authorize" })],
    ["url_refused", server(AS, { authorization_endpoint: "https://as.example/$(touch${IFS}pwned)" })],
    ["url_refused", server(AS, { token_endpoint: "https://user:pass@as.example/token" })],
    ["url_refused", server(AS, { device_authorization_endpoint: "file:///etc/passwd" })],
    ["url_refused", server(AS, { registration_endpoint: "http://127.0.0.1/register" })],
    ["address_refused", server(AS, { authorization_endpoint: "https://192.168.1.1/reboot" })],
    ["address_refused", server(AS, { device_authorization_endpoint: "https://[fe80::1]/d" })],
    ["address_refused", server(AS, { token_endpoint: "https://as.localhost/token" })]
  ])("reports %s for an authorization server with %j", async (code, content) => {
    const documents = { [`https://mcp.example${RESOURCE}/mcp`]: resource(), [`${AS}${OAUTH}`]: content };
    expect(await refusal(documents)).toBe(code);
  });

  it.each([
    ["resource_mismatch", resource(AS, "https://evil.example/mcp")],
    ["resource_mismatch", resource(AS, "https://mcp.example/other")],
    ["resource_mismatch", resource(AS, "http://mcp.example/mcp")],
    ["url_refused", resource("http://as.example")],
    ["url_refused", resource("javascript:alert(1)")],
    ["metadata_invalid", { authorization_servers: [AS] }],
    ["metadata_missing", resource("https://nobody.example")]
  ])("reports %s for a resource with %j", async (code, content) => {
    expect(await refusal({ [`https://mcp.example${RESOURCE}/mcp`]: content })).toBe(code);
  });

  it("refuses a challenge with an untrusted metadata URL", async () => {
    expect(await refusal({}, 'Bearer resource_metadata="http://169.254.169.254/latest"')).toBe("url_refused");
  });

  it("doesn't mistake a failing server for one without metadata", async () => {
    const ask = web({ [`https://mcp.example${RESOURCE}/mcp`]: new Response("", { status: 503 }) });
    await expect(discover(ask, MCP, parseBearerChallenge(undefined))).rejects.toBeInstanceOf(
      UnreachableError
    );
  });
});

describe("covers", () => {
  it.each([
    ["https://mcp.example", true],
    ["https://mcp.example/", true],
    ["https://mcp.example/mcp", true],
    ["https://MCP.example/mcp/", true],
    ["https://mcp.example/mc", false],
    ["https://mcp.example/mcp/deeper", false],
    ["https://mcp.example:8443/mcp", false],
    ["https://mcp.example.evil.test/mcp", false],
    ["https://mcp.example/mcp#part", false],
    ["mcp.example", false]
  ])("decides whether the resource %s covers the URL: %s", (identifier, expected) => {
    expect(covers(identifier, MCP)).toBe(expected);
  });
});
