import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { http, HttpResponse } from "msw";
import { setupServer } from "msw/node";
import { parseBearerChallenge } from "../../src/auth/bearer-challenge.ts";
import { discover } from "../../src/auth/discovery.ts";
import type { Fetch } from "../../src/auth/fetch.ts";
import { refresh } from "../../src/auth/grants.ts";
import { register } from "../../src/auth/registration.ts";
import type { ServerMetadata } from "../../src/auth/metadata.ts";
import { WRONG } from "../support/members.ts";

const MCP = new URL("https://mcp.example/mcp");
const AS = "https://as.example";
const network = setupServer();
beforeAll(() => network.listen({ onUnhandledRequest: "error" }));
afterEach(() => network.resetHandlers());
afterAll(() => network.close());

/** `fetch` replaces the shared client, because msw answers it. Like the client, it follows no redirects. */
const ask: Fetch = (input, init) => fetch(input, { ...init, redirect: "manual" });

const RESOURCE = {
  resource: "https://mcp.example/",
  authorization_servers: [AS],
  scopes_supported: ["a"],
  bearer_methods_supported: ["header"],
  dpop_bound_access_tokens_required: false,
  tls_client_certificate_bound_access_tokens: false
};
const SERVER = {
  issuer: AS,
  authorization_endpoint: `${AS}/authorize`,
  token_endpoint: `${AS}/token`,
  registration_endpoint: `${AS}/register`,
  revocation_endpoint: `${AS}/revoke`,
  device_authorization_endpoint: `${AS}/device`,
  code_challenge_methods_supported: ["S256"],
  scopes_supported: ["a"],
  token_endpoint_auth_methods_supported: ["none"],
  grant_types_supported: ["authorization_code"],
  require_pushed_authorization_requests: false,
  client_id_metadata_document_supported: false,
  authorization_response_iss_parameter_supported: true
};
/** The sign-in fails without these. */
const REQUIRED = ["resource", "issuer", "token_endpoint", "code_challenge_methods_supported"];

/** Every wrong value but a string, which any text member can be. */
const UNUSABLE = WRONG.filter(([kind]) => kind !== "a string");

function serve(resource: object, server: object): void {
  network.use(
    http.get("https://mcp.example/.well-known/oauth-protected-resource/mcp", () =>
      HttpResponse.json(resource)
    ),
    http.get("https://mcp.example/.well-known/*", () => new HttpResponse(null, { status: 404 })),
    http.get(`${AS}/.well-known/oauth-authorization-server`, () => HttpResponse.json(server)),
    http.get(`${AS}/.well-known/*`, () => new HttpResponse(null, { status: 404 }))
  );
}

const find = () => discover(ask, MCP, parseBearerChallenge(undefined));
const cases = (members: object) =>
  Object.keys(members).flatMap((member) => UNUSABLE.map(([kind, value]) => [member, kind, value] as const));

describe("a metadata member of the wrong type", () => {
  it.each(cases(SERVER))(
    "treats %s of the authorization server as absent if it is %s [auth.null-is-absent]",
    async (member, _, value) => {
      serve(RESOURCE, { ...SERVER, [member]: value });
      const outcome = await find().catch((error: { code?: string }) => error.code);
      if (REQUIRED.includes(member)) expect(outcome).toMatch(/^(metadata_invalid|pkce_unsupported)$/);
      else {
        const { server } = outcome as { server: ServerMetadata };
        const kept = server[member];
        expect([undefined, false, true].includes(kept as boolean) || Array.isArray(kept)).toBe(true);
        expect(server.token_endpoint).toBe(`${AS}/token`);
      }
    }
  );

  it.each(cases(RESOURCE))(
    "treats %s of the protected resource as absent if it is %s [auth.null-is-absent]",
    async (member, _, value) => {
      serve({ ...RESOURCE, [member]: value }, SERVER);
      const outcome = await find().catch((error: { code?: string }) => error.code);
      if (REQUIRED.includes(member)) expect(outcome).toMatch(/^(metadata_invalid|resource_mismatch)$/);
      else if (member !== "authorization_servers") expect(outcome).toHaveProperty("server.issuer", AS);
      // If the list is absent or empty, the hosted server is its own authorization server.
      else if (value == null || Array.isArray(value))
        expect(outcome).toHaveProperty("server.issuer", MCP.origin);
      else expect(outcome).toBe("metadata_invalid");
    }
  );

  it.each(
    cases({
      client_secret: "",
      client_secret_expires_at: 0,
      token_endpoint_auth_method: "",
      grant_types: [],
      registration_client_uri: "",
      registration_access_token: ""
    })
  )("treats %s of a registration as absent if it is %s [auth.null-is-absent]", async (member, _, value) => {
    const server = SERVER as unknown as ServerMetadata;
    network.use(http.post(`${AS}/register`, () => HttpResponse.json({ client_id: "c", [member]: value })));
    const client = await register(ask, server, "http://127.0.0.1:1/callback", "0.0.0");
    expect(client).toMatchObject({ source: "dynamic", client_id: "c" });
    expect(JSON.stringify(client)).not.toMatch(/null|\{\}/);
  });

  it.each(cases({ refresh_token: "", scope: "", expires_in: 0, id_token: "" }))(
    "treats %s of a token response as absent if it is %s [auth.null-is-absent]",
    async (member, _, value) => {
      const token = { access_token: "CANARY-a", token_type: "Bearer", [member]: value };
      network.use(http.post(`${AS}/token`, () => HttpResponse.json(token)));
      const client = { source: "dynamic" as const, client_id: "c" };
      const server = { issuer: AS, token_endpoint: `${AS}/token` };
      const granted = await refresh({ fetch: ask, server, client }, "CANARY-r");
      expect(granted.access_token).toBe("CANARY-a");
      expect(granted.refresh_token).toBeUndefined();
    }
  );
});

describe("the URL of metadata", () => {
  it("keeps the endpoint's query in the metadata URL [auth.metadata-with-query]", async () => {
    const asked: string[] = [];
    network.use(
      http.get("https://mcp.example/.well-known/*", ({ request }) => {
        asked.push(request.url);
        return new URL(request.url).search === "?tenant=1"
          ? HttpResponse.json({ ...RESOURCE, resource: "https://mcp.example/mcp?tenant=1" })
          : new HttpResponse(null, { status: 404 });
      }),
      http.get(`${AS}/.well-known/oauth-authorization-server`, () => HttpResponse.json(SERVER))
    );
    const found = await discover(
      ask,
      new URL("https://mcp.example/mcp?tenant=1"),
      parseBearerChallenge(undefined)
    );
    expect(found.resource).toBe("https://mcp.example/mcp?tenant=1");
    expect(asked).toEqual(["https://mcp.example/.well-known/oauth-protected-resource/mcp?tenant=1"]);
  });

  it.each([301, 302, 303, 307, 308])(
    "follows a %i for metadata within the origin, but never out of it [auth.metadata-redirect-within-origin]",
    async (status) => {
      const place = `${AS}/.well-known/oauth-authorization-server`;
      const redirect = (location: string) => () => new HttpResponse(null, { status, headers: { location } });
      serve(RESOURCE, SERVER);
      network.use(
        http.get(place, redirect("/moved")),
        http.get(`${AS}/moved`, () => HttpResponse.json(SERVER))
      );
      expect((await find()).server.issuer).toBe(AS);
      network.use(http.get(place, redirect("https://elsewhere.example/moved")));
      await expect(find()).rejects.toMatchObject({ code: "metadata_missing" });
      network.use(http.get(place, redirect(place)));
      await expect(find()).rejects.toMatchObject({ code: "metadata_missing" });
    }
  );
});
