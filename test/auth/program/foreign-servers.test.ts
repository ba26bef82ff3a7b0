import { readFile, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { once } from "node:events";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { User } from "../../support/login.ts";
import { imgwire, BROWSER } from "../../support/program.ts";
import {
  answerMcp,
  type Arrived,
  type Script,
  type Scripted,
  ScriptedService
} from "../../support/scripted-service.ts";
import { visit } from "../../support/sessions.ts";

let service: ScriptedService;
let user: User;
afterEach(async () => {
  await user.remove();
  await service.stop();
});

async function begin(script: Partial<Script> = {}, env: Record<string, string> = {}): Promise<void> {
  service = await ScriptedService.start(script);
  user = await User.create({ IMGWIRE_MCP_URL: service.mcpUrl, BROWSER, ...env });
}

const refusal = (error: string, status = 400): Scripted => ({ status, body: JSON.stringify({ error }) });
const clientIds = (path: string): (string | undefined)[] =>
  service.to(path).map(({ parameters }) => parameters["client_id"]);
const errorOf = ({ stdout }: { stdout: string }) =>
  (JSON.parse(stdout) as { error: { code: string; message: string; hint?: string } }).error;
const withDeviceEndpoint = (): Partial<Script> => ({
  server: () => service.serverMetadata({ device_authorization_endpoint: `${service.issuer}/device` })
});

describe("a refused registration", () => {
  const picky =
    (isRefused: (metadata: Record<string, unknown>) => boolean) =>
    ({ body }: Arrived): Scripted =>
      isRefused(JSON.parse(body) as Record<string, unknown>)
        ? refusal("invalid_client_metadata")
        : { status: 201, body: JSON.stringify({ client_id: "plain" }) };

  it.each<[string, (metadata: Record<string, unknown>) => boolean]>([
    ["the device grant", ({ grant_types }) => JSON.stringify(grant_types).includes("device_code")],
    ["software_id", (metadata) => "software_id" in metadata],
    ["client_uri", (metadata) => "client_uri" in metadata]
  ])(
    "registers again without %s if the server refuses that [auth.registration-falls-back]",
    async (_, isRefused) => {
      await begin({ ...withDeviceEndpoint(), register: picky(isRefused) });
      expect((await user.run(["login"])).code).toBe(0);
      expect(service.to("/register")).toHaveLength(2);
      expect(clientIds("/authorize")).toEqual(["plain"]);
    }
  );

  it("falls back to the browser if codes aren't allowed, and says so to a user who insists on one [auth.registration-falls-back]", async () => {
    await begin({
      ...withDeviceEndpoint(),
      register: picky(({ grant_types }) => JSON.stringify(grant_types).includes("device_code"))
    });
    const login = await user.login([], { BROWSER: "none" });
    expect(login.link.pathname).toBe("/authorize");
    login.child.kill("SIGINT");
    await login.exited;
    const insisting = await user.run(["login", "--device", "--json"]);
    expect(errorOf(insisting).code).toBe("device_unsupported");
  });
});

describe("a server that has forgotten the client", () => {
  const forgetful = (status: number): Partial<Script> => ({
    authorize: ({ parameters }) =>
      parameters["client_id"] === "client-1" && isEmptied ? { status } : undefined
  });
  /** The server has lost its registrations. */
  let isEmptied = false;

  it.each([400, 401])(
    "detects a forgotten client by a %i before a browser opens, and the next login works without logout [auth.forgotten-client]",
    async (status) => {
      isEmptied = false;
      await begin(forgetful(status));
      await user.run(["login"]);
      isEmptied = true;
      const outcome = await user.run(["login"]);
      expect(outcome.code).toBe(0);
      expect(clientIds("/authorize")).toEqual(["client-1", "client-1", "client-2"]);
      expect(service.to("/register")).toHaveLength(2);
    }
  );

  it("checks at the registration URL, if there is one, whether the server still knows the client [auth.forgotten-client]", async () => {
    let known = true;
    await begin({
      register: () => {
        const n = service.to("/register").length;
        const uri = `${service.issuer}/registered`;
        const body = {
          client_id: `client-${n}`,
          registration_client_uri: uri,
          registration_access_token: "t"
        };
        return { status: 201, body: JSON.stringify(body) };
      },
      other: ({ path }) =>
        path === "/registered" ? (known ? { json: { client_id: "client-1" } } : { status: 401 }) : undefined
    });
    await user.run(["login"]);
    await user.run(["login"]);
    expect(clientIds("/authorize")).toEqual(["client-1", "client-1"]);
    known = false;
    await user.run(["login"]);
    expect(clientIds("/authorize")).toEqual(["client-1", "client-1", "client-2"]);
    expect(service.to("/registered")[0]?.headers.authorization).toBe("Bearer t");
  });

  it("registers again on the next login if invalid_client appears only when the code is redeemed [auth.forgotten-client]", async () => {
    await begin();
    await user.run(["login"]);
    const honest = service.script.token;
    service.script.token = () => refusal("invalid_client", 401);
    const outcome = await user.run(["login", "--json"]);
    expect(outcome.code).toBe(1);
    expect(errorOf(outcome).hint).not.toContain("logout");
    service.script.token = honest;
    expect((await user.run(["login"])).code).toBe(0);
    expect(service.to("/register")).toHaveLength(2);
  });

  it("registers again for a running agent's sign-in after invalid_grant [auth.forgotten-client]", async () => {
    isEmptied = false;
    await begin(forgetful(400));
    await user.run(["login"]);
    isEmptied = true;
    const honest = service.script.token;
    service.script.token = (request) =>
      request.parameters["grant_type"] === "refresh_token" ? refusal("invalid_grant") : honest(request);
    service.script.mcp = (request) =>
      request.headers.authorization === "Bearer CANARY-access-1" ? { status: 401 } : answerMcp(request);
    const driver = await user.agent();
    expect((await driver.call("ping")).result?.["isError"]).not.toBe(true);
    expect(clientIds("/authorize").at(-1)).toBe("client-2");
  });
});

describe("scopes", () => {
  const scopeOf = (index: number): string[] =>
    (service.to("/authorize")[index]?.parameters["scope"] ?? "").split(" ").sort();

  it("requests scopes that a call lacked in the next login, together with the existing ones [auth.missing-scopes-requested]", async () => {
    let needed: string | undefined;
    await begin({
      resource: () => ({
        resource: new URL("/", service.mcpUrl).href,
        authorization_servers: [service.issuer],
        scopes_supported: ["read"]
      }),
      mcp: (request) =>
        needed && request.body.includes("tools/call")
          ? {
              status: 403,
              headers: { "www-authenticate": `Bearer error="insufficient_scope", scope="${needed}"` }
            }
          : answerMcp(request)
    });
    await user.run(["login"]);
    needed = "write";
    const refused = await user.run(["call", "ping", "--json"]);
    expect(refused.code).toBe(3);
    needed = undefined;
    await user.run(["login"]);
    expect(scopeOf(service.to("/authorize").length - 1)).toEqual(["read", "write"]);
    await user.run(["login"]);
    expect(scopeOf(service.to("/authorize").length - 1)).toEqual(["read", "write"]);
  });

  it("stops requesting scopes that the server no longer knows [auth.missing-scopes-requested]", async () => {
    await begin({
      callback: ({ parameters }) => (parameters["scope"] ? { error: "invalid_scope", code: undefined } : {})
    });
    service.script.resource = () => ({
      resource: new URL("/", service.mcpUrl).href,
      authorization_servers: [service.issuer],
      scopes_supported: ["gone"]
    });
    expect((await user.run(["login"])).code).toBe(1);
    service.script.resource = () => ({
      resource: new URL("/", service.mcpUrl).href,
      authorization_servers: [service.issuer]
    });
    expect((await user.run(["login"])).code).toBe(0);
  });
});

describe("OpenID Connect", () => {
  const openid = (nonceOf: (nonce: string | undefined) => string | undefined): Partial<Script> => ({
    resource: () => ({
      resource: new URL("/", service.mcpUrl).href,
      authorization_servers: [service.issuer],
      scopes_supported: ["openid"]
    }),
    token: () => {
      const nonce = nonceOf(service.to("/authorize")[0]?.parameters["nonce"]);
      const payload = Buffer.from(JSON.stringify({ sub: "somebody", nonce })).toString("base64url");
      return { json: { access_token: "CANARY-a", token_type: "Bearer", id_token: `e30.${payload}.x` } };
    }
  });

  it("sends a nonce to an OpenID provider and accepts an ID token with it [auth.nonce]", async () => {
    await begin(openid((nonce) => nonce));
    expect((await user.run(["login"])).code).toBe(0);
    expect(service.to("/authorize")[0]?.parameters["nonce"]).toMatch(/^[\w-]{20,}$/);
  });

  it.each([
    ["another nonce", () => "another"],
    ["no nonce", () => undefined]
  ])("refuses an ID token with %s [auth.nonce]", async (_, nonceOf) => {
    await begin(openid(nonceOf));
    const outcome = await user.run(["login", "--json"]);
    expect(errorOf(outcome).code).toBe("nonce_mismatch");
    expect((await user.run(["whoami"])).code).toBe(3);
  });
});

describe("IMGWIRE_CALLBACK_PORT", () => {
  async function freePort(): Promise<number> {
    const server = createServer().listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as { port: number };
    server.close();
    await once(server, "close");
    return port;
  }

  it("uses IMGWIRE_CALLBACK_PORT for the redirect URI and no other port [auth.callback-port]", async () => {
    const port = await freePort();
    await begin({}, { IMGWIRE_CLIENT_ID: "pre", IMGWIRE_CALLBACK_PORT: String(port) });
    expect((await user.run(["login"])).code).toBe(0);
    expect(service.to("/authorize")[0]?.parameters["redirect_uri"]).toBe(`http://127.0.0.1:${port}/callback`);
    const squatter = createServer().listen(port, "127.0.0.1");
    await once(squatter, "listening");
    const outcome = await user.run(["login", "--json"]);
    squatter.close();
    expect(errorOf(outcome).code).toBe("callback_port_taken");
    expect(errorOf(outcome).hint).toContain("IMGWIRE_CALLBACK_PORT");
  });
});

describe("revocation", () => {
  it.each<[string, (kind: string) => Scripted, string]>([
    [
      "of a server that can't revoke a JWT",
      (kind) => (kind === "access_token" ? refusal("unsupported_token_type") : { status: 200 }),
      "Access revoked"
    ],
    [
      "of a server that refuses the access token",
      (kind) => (kind === "access_token" ? refusal("invalid_token") : { status: 200 }),
      "couldn't be revoked"
    ],
    [
      "of a server that refuses the refresh token",
      (kind) => (kind === "refresh_token" ? refusal("unsupported_token_type") : { status: 200 }),
      "couldn't be revoked"
    ],
    ["of a server that fails", () => ({ status: 503 }), "couldn't be revoked"]
  ])("reports the actual outcome of a revocation: %s [auth.revocation-told]", async (_, revoke, said) => {
    await begin({ revoke: ({ parameters }) => revoke(parameters["token_type_hint"] ?? "") });
    await user.run(["login"]);
    const outcome = await user.run(["logout"]);
    expect(outcome.stdout).toContain(said);
    expect(service.to("/revoke").map(({ parameters }) => parameters["token_type_hint"])).toEqual([
      "refresh_token",
      "access_token"
    ]);
  });

  it("revokes with an empty secret if the endpoint insists on one [auth.revocation-told]", async () => {
    await begin({
      revoke: ({ parameters }) =>
        parameters["client_secret"] === undefined ? refusal("invalid_request") : { status: 200 }
    });
    await user.run(["login"]);
    expect((await user.run(["logout"])).stdout).toContain("Access revoked");
    const secrets = service.to("/revoke").map(({ parameters }) => parameters["client_secret"]);
    expect(secrets).toEqual([undefined, "", undefined, ""]);
  });
});

describe("several authorization servers", () => {
  it("tries several authorization servers in turn if the first is down; --issuer selects one [auth.several-issuers]", async () => {
    await begin();
    const other = await ScriptedService.start();
    const name = (...issuers: string[]) => {
      const resource = new URL("/", service.mcpUrl).href;
      service.script.resource = () => ({ resource, authorization_servers: issuers });
    };
    name("http://127.0.0.1:9", other.issuer);
    expect((await user.run(["login"])).code).toBe(0);
    expect(other.to("/token")).toHaveLength(1);
    name(service.issuer, other.issuer);
    expect((await user.run(["login"])).code).toBe(0);
    expect(other.to("/token"), "the current sign-in's server is preferred").toHaveLength(2);
    expect((await user.run(["login", "--issuer", service.issuer])).code).toBe(0);
    expect(service.to("/token").length).toBeGreaterThan(0);
    const unknown = await user.run(["login", "--issuer", "https://elsewhere.example", "--json"]);
    expect(unknown.code).toBe(2);
    expect(errorOf(unknown).hint).toContain(other.issuer);
    await other.stop();
  });
});

describe("an unsupported requirement of a server", () => {
  it.each<[string, "server" | "resource", object]>([
    ["PAR", "server", { require_pushed_authorization_requests: true }],
    ["JAR", "server", { require_signed_request_object: true }],
    ["private_key_jwt", "server", { token_endpoint_auth_methods_supported: ["private_key_jwt"] }],
    [
      "tls_client_auth",
      "server",
      { token_endpoint_auth_methods_supported: ["tls_client_auth", "private_key_jwt"] }
    ],
    ["DPoP", "resource", { dpop_bound_access_tokens_required: true }],
    ["mutual TLS", "resource", { tls_client_certificate_bound_access_tokens: true }],
    ["body", "resource", { bearer_methods_supported: ["body"] }]
  ])(
    "names an unsupported requirement before a browser opens: %s [auth.unsupported-named]",
    async (name, where, more) => {
      await begin();
      const { server, resource } = service.script;
      if (where === "server") service.script.server = () => ({ ...server(), ...more });
      else service.script.resource = () => ({ ...resource(), ...more });
      const outcome = await user.run(["login", "--json"]);
      expect(errorOf(outcome).code).toBe("sign_in_unsupported");
      expect(errorOf(outcome).message).toContain(name);
      expect(service.to("/authorize")).toEqual([]);
      expect(service.to("/register")).toEqual([]);
    }
  );
});

describe("IMGWIRE_ACCESS_TOKEN", () => {
  it.each(["CANARY-token\n", "  CANARY-token ", "Bearer CANARY-token", "bearer  CANARY-token\r\n"])(
    "removes white space and `Bearer` from IMGWIRE_ACCESS_TOKEN: %j [auth.access-token-cleaned]",
    async (value) => {
      await begin({}, { IMGWIRE_ACCESS_TOKEN: value });
      expect((await user.run(["call", "ping"])).code).toBe(0);
      const sent = service.to("/mcp").map(({ headers }) => headers.authorization);
      expect(new Set(sent)).toEqual(new Set(["Bearer CANARY-token"]));
    }
  );

  it.each(["two words", "line\nbreak", "ünicode", "Bearer "])(
    "refuses an IMGWIRE_ACCESS_TOKEN that can't be a token: %j [auth.access-token-cleaned]",
    async (value) => {
      await begin({}, { IMGWIRE_ACCESS_TOKEN: value });
      const outcome = await user.run(["call", "ping", "--json"]);
      expect(outcome.code).toBe(2);
      expect(errorOf(outcome).message).toContain("IMGWIRE_ACCESS_TOKEN");
      expect(service.to("/mcp")).toEqual([]);
    }
  );
});

describe("a first sign-in that fails at the token endpoint", () => {
  it.each<[string, Scripted, number]>([
    [
      "invalid_grant",
      {
        status: 400,
        body: JSON.stringify({ error: "invalid_grant", error_description: "The code is wrong or expired." })
      },
      1
    ],
    ["an unknown error code", refusal("no_such_word"), 1],
    ["400 without an error code", { status: 400 }, 1],
    ["403", { status: 403, body: "<html>" }, 1],
    ["500", { status: 500 }, 4]
  ])(
    "explains in plain words a token endpoint that answers %s, and exits with the right code [auth.refused-code-words]",
    async (_, answer, code) => {
      await begin({ token: () => answer });
      const outcome = await user.run(["login"]);
      expect(outcome.code).toBe(code);
      expect(outcome.stderr).not.toMatch(/\.\.(?!\.)|kept|still signed in/);
    }
  );

  it.each(["a\r\nb", "a b", "ünicode", ""])(
    "stores nothing if the access token is %j [auth.unusable-token-refused]",
    async (access_token) => {
      await begin({ token: () => ({ json: { access_token, token_type: "Bearer" } }) });
      expect((await user.run(["login"])).code).not.toBe(0);
      expect((await user.run(["whoami"])).code).toBe(3);
    }
  );
});

describe("a server that supports client metadata documents", () => {
  const documents = (): Partial<Script> => ({
    server: () =>
      service.serverMetadata({
        registration_endpoint: undefined,
        client_id_metadata_document_supported: true
      })
  });

  it("names the setting for a metadata document if the server registers no clients [auth.metadata-document]", async () => {
    await begin(documents());
    const outcome = await user.run(["login", "--json"]);
    expect(errorOf(outcome).code).toBe("registration_unavailable");
    expect(errorOf(outcome).hint).toContain("IMGWIRE_CLIENT_METADATA_URL");
  });

  it("signs in with the metadata document before trying registration [auth.metadata-document]", async () => {
    const url = "https://client.example/imgwire.json";
    await begin(
      { server: () => service.serverMetadata({ client_id_metadata_document_supported: true }) },
      { IMGWIRE_CLIENT_METADATA_URL: url }
    );
    expect((await user.run(["login"])).code).toBe(0);
    expect(clientIds("/authorize")).toEqual([url]);
    expect(service.to("/register")).toEqual([]);
  });
});

describe("BROWSER", () => {
  it.each(["cannot-be-started", "/dev/null/nothing", "./a-folder"])(
    "shows the link if BROWSER can't be started (%s) [auth.browser-fails-link-shown]",
    async (browser) => {
      await begin();
      const login = await user.login([], { BROWSER: browser });
      expect(login.link.pathname).toBe("/authorize");
      await visit(login.link.href);
      expect(await login.exited).toBe(0);
    }
  );

  it.skipIf(process.platform === "win32")(
    "hides the secrets in this program's environment from BROWSER [auth.browser-environment]",
    async () => {
      await begin();
      const record = join(user.folder, "browser-env");
      const browser = join(user.folder, "browser.sh");
      await writeFile(
        browser,
        `#!/bin/sh\nenv > ${record}.part && mv ${record}.part ${record}\nexec ${BROWSER} "$1"\n`,
        { mode: 0o755 }
      );
      const env = { BROWSER: browser, IMGWIRE_CLIENT_ID: "pre", IMGWIRE_CLIENT_SECRET: "CANARY-secret" };
      expect((await user.run(["login"], env)).code).toBe(0);
      const seen = await readFile(record, "utf8");
      expect(seen).toContain("PATH=");
      expect(seen).not.toContain("CANARY");
      expect(seen).not.toContain("IMGWIRE_CLIENT_SECRET");
    }
  );
});

describe("login --with-token", () => {
  const login = (input: string) => imgwire(["login", "--with-token", "--json"], user.env, input);

  it("stores a token from stdin, uses it for calls, and removes it on logout [auth.token-from-stdin]", async () => {
    await begin();
    expect((await login("Bearer CANARY-brought\n")).code).toBe(0);
    expect((await user.run(["call", "ping"])).code).toBe(0);
    expect(service.to("/mcp").at(-1)?.headers.authorization).toBe("Bearer CANARY-brought");
    expect((await user.run(["logout"])).code).toBe(0);
    expect((await user.run(["whoami"])).code).toBe(3);
  });

  it("stores nothing of a token that is refused or isn't one [auth.token-from-stdin]", async () => {
    await begin({ mcp: () => ({ status: 401 }) });
    const refused = await login("CANARY-brought");
    expect(refused.code).toBe(3);
    expect(refused.stdout + refused.stderr).not.toContain("CANARY");
    expect((await login("")).code).toBe(2);
    expect((await user.run(["whoami"])).code).toBe(3);
  });

  it("keeps the current sign-in if the new token is refused [auth.token-from-stdin]", async () => {
    const bad = (request: Arrived): boolean => request.headers.authorization === "Bearer CANARY-bad";
    await begin({ mcp: (request) => (bad(request) ? { status: 401 } : answerMcp(request)) });
    expect((await login("CANARY-good")).code).toBe(0);
    expect((await login("CANARY-bad")).code).toBe(3);
    expect((await user.run(["call", "ping"])).code).toBe(0);
    expect(service.to("/mcp").at(-1)?.headers.authorization).toBe("Bearer CANARY-good");
  });
});
