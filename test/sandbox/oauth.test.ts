import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { decodeJwt, decodeProtectedHeader } from "jose";
import * as oauth from "oauth4webapi";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startSandbox, type Sandbox } from "../../sandbox/sandbox.ts";
import {
  authorizationRequest,
  discover,
  insecure,
  redeem,
  redirectUri,
  refresh,
  register,
  resourceOf,
  scope,
  signIn
} from "../../sandbox/client/oauth.ts";

const initialize = {
  jsonrpc: "2.0",
  id: 0,
  method: "initialize",
  params: { protocolVersion: "2025-11-25", capabilities: {}, clientInfo: { name: "test", version: "1" } }
};

function call(mcpUrl: string, headers: Record<string, string>): Promise<Response> {
  return fetch(mcpUrl, {
    method: "POST",
    headers: {
      "content-type": "application/json",
      accept: "application/json, text/event-stream",
      ...headers
    },
    body: JSON.stringify(initialize)
  });
}

async function bearer(mcpUrl: string, accessToken: string): Promise<number> {
  return (await call(mcpUrl, { authorization: `Bearer ${accessToken}` })).status;
}

describe("a sandbox with --auto-approve", () => {
  let sandbox: Sandbox;
  let resource: string;
  beforeAll(async () => {
    sandbox = await startSandbox({ autoApprove: true });
    resource = resourceOf(sandbox);
  });
  afterAll(() => sandbox.close());

  it("requests a sign-in with RFC 9728 metadata that names the origin as the resource", async () => {
    const answer = await call(sandbox.mcpUrl, {});
    expect(answer.status).toBe(401);
    const challenge = answer.headers.get("www-authenticate") ?? "";
    expect(challenge).toMatch(/^Bearer resource_metadata="/);
    expect(challenge).not.toContain("error");
    const [, url] = /resource_metadata="([^"]+)"/.exec(challenge) ?? [];
    for (const place of [url!, `${resource}.well-known/oauth-protected-resource/mcp`]) {
      const metadata = await fetch(place).then((response) => response.json() as Promise<object>);
      expect(metadata).toMatchObject({ resource, authorization_servers: [sandbox.issuer] });
    }
  });

  it("returns invalid_token for a token that it doesn't accept", async () => {
    const answer = await call(sandbox.mcpUrl, { authorization: "Bearer nonsense" });
    expect(answer.status).toBe(401);
    expect(answer.headers.get("www-authenticate")).toContain('error="invalid_token"');
  });

  it("describes the authorization server by RFC 8414 and by OpenID Connect discovery", async () => {
    const as = await discover(sandbox.issuer);
    expect(as).toMatchObject({
      issuer: sandbox.issuer,
      code_challenge_methods_supported: ["S256"],
      client_id_metadata_document_supported: true,
      authorization_response_iss_parameter_supported: true,
      scopes_supported: expect.arrayContaining(["offline_access"]) as string[]
    });
    for (const endpoint of ["registration", "revocation", "device_authorization"] as const) {
      expect(as[`${endpoint}_endpoint`]).toContain(sandbox.issuer);
    }
    const oidc = await fetch(`${sandbox.issuer}/.well-known/openid-configuration`);
    expect(await oidc.json()).toEqual(JSON.parse(JSON.stringify(as)));
  });

  it("issues a JWT of over 2 KB for the resource, and a refresh token", async () => {
    const { accessToken, refreshToken, client } = await signIn(sandbox, "Claude Code");
    expect(decodeProtectedHeader(accessToken)).toMatchObject({ typ: "at+jwt", alg: "RS256" });
    expect(decodeJwt(accessToken)).toMatchObject({
      aud: resource,
      iss: sandbox.issuer,
      client_id: client.client_id
    });
    expect(accessToken.length).toBeGreaterThan(2_000);
    expect(refreshToken).toBeTruthy();
    expect(await bearer(sandbox.mcpUrl, accessToken)).toBe(200);
    expect(sandbox.connections.of(client.client_id)).toMatchObject({
      clientName: "Claude Code",
      environmentId: sandbox.organization.environments[0]!.id
    });
  });

  it("accepts any port of a registered loopback redirect, and no other address", async () => {
    const as = await discover(sandbox.issuer);
    const client = await register(as);
    const location = async (redirect: string) => {
      const { url } = await authorizationRequest(as, client, { resource, redirect_uri: redirect });
      return (await fetch(url, { redirect: "manual" })).headers.get("location");
    };
    expect(await location("http://127.0.0.1:50123/callback")).toContain(
      "http://127.0.0.1:50123/callback?code="
    );
    expect(await location("http://localhost:50123/callback")).toBeNull();
    expect(await location("http://evil.example/callback")).toBeNull();
  });

  it.each([
    ["no PKCE", { code_challenge: "", code_challenge_method: "" }, "invalid_request"],
    ["plain PKCE", { code_challenge_method: "plain" }, "invalid_request"],
    ["another resource", { resource: "https://elsewhere.example/" }, "invalid_target"]
  ])("refuses an authorization request with %s", async (_name, parameters, error) => {
    const as = await discover(sandbox.issuer);
    const client = await register(as);
    const { url } = await authorizationRequest(as, client, { resource, ...parameters });
    for (const [name, value] of [...url.searchParams]) if (value === "") url.searchParams.delete(name);
    const location = new URL((await fetch(url, { redirect: "manual" })).headers.get("location")!);
    expect(location.searchParams.get("error")).toBe(error);
    expect(location.searchParams.get("iss")).toBe(sandbox.issuer);
  });

  it("issues no refresh token without offline_access", async () => {
    const as = await discover(sandbox.issuer);
    const client = await register(as);
    const authorization = await authorizationRequest(as, client, { resource, scope: "openid" });
    const answer = await fetch(authorization.url, { redirect: "manual" });
    const callback = new URL(answer.headers.get("location")!);
    const tokens = await redeem(as, client, callback, authorization, resource);
    expect(tokens.refresh_token).toBeUndefined();
  });

  it("accepts a client whose client_id is the URL of its metadata document", async () => {
    const as = await discover(sandbox.issuer);
    const client = { client_id: "https://imgwire-mcp.example/client.json" };
    sandbox.publishClientMetadata(client.client_id, {
      ...client,
      client_name: "By document",
      redirect_uris: ["http://127.0.0.1/callback"],
      token_endpoint_auth_method: "none"
    });
    const authorization = await authorizationRequest(as, client, { resource });
    const answer = await fetch(authorization.url, { redirect: "manual" });
    const tokens = await redeem(
      as,
      client,
      new URL(answer.headers.get("location")!),
      authorization,
      resource
    );
    expect(await bearer(sandbox.mcpUrl, tokens.access_token)).toBe(200);
    expect(sandbox.connections.of(client.client_id)?.clientName).toBe("By document");
  });

  it("fetches a client metadata document, and refuses one whose client_id isn't its URL", async () => {
    const as = await discover(sandbox.issuer);
    const document = {
      client_id: "",
      redirect_uris: ["http://127.0.0.1/callback"],
      token_endpoint_auth_method: "none"
    };
    const host = createServer((_req, res) => res.end(JSON.stringify(document)));
    await new Promise<void>((resolve) => host.listen(0, "127.0.0.1", resolve));
    const client = { client_id: `http://127.0.0.1:${(host.address() as AddressInfo).port}/client.json` };
    const { url } = await authorizationRequest(as, client, { resource });
    expect((await fetch(url, { redirect: "manual" })).headers.get("location")).toBeNull();
    document.client_id = client.client_id;
    expect((await fetch(url, { redirect: "manual" })).headers.get("location")).toContain("code=");
    host.close();
  });

  it("tolerates a refresh token that is used again immediately", async () => {
    const { as, client, refreshToken } = await signIn(sandbox);
    const [one, other] = await Promise.all([
      refresh(as, client, refreshToken),
      refresh(as, client, refreshToken)
    ]);
    expect(one.refresh_token).not.toBe(other.refresh_token);
    expect((await refresh(as, client, one.refresh_token!)).access_token).toBeTruthy();
  });

  it("revokes an access token alone, and a refresh token with its whole grant (RFC 7009)", async () => {
    const { as, client, accessToken, refreshToken } = await signIn(sandbox);
    const second = await refresh(as, client, refreshToken);
    const revoke = async (token: string) =>
      oauth.processRevocationResponse(
        await oauth.revocationRequest(as, client, oauth.None(), token, insecure)
      );
    await revoke(accessToken);
    expect(await bearer(sandbox.mcpUrl, accessToken)).toBe(401);
    expect(await bearer(sandbox.mcpUrl, second.access_token)).toBe(200);
    await revoke(second.refresh_token!);
    expect(await bearer(sandbox.mcpUrl, second.access_token)).toBe(401);
    await expect(refresh(as, client, second.refresh_token!)).rejects.toMatchObject({
      error: "invalid_grant"
    });
  });

  it("revokes all access tokens when a test requests it", async () => {
    const { as, client, accessToken, refreshToken } = await signIn(sandbox);
    sandbox.revokeAccessTokens();
    expect(await bearer(sandbox.mcpUrl, accessToken)).toBe(401);
    const renewed = await refresh(as, client, refreshToken);
    expect(await bearer(sandbox.mcpUrl, renewed.access_token)).toBe(200);
  });

  it("approves a device when its page is opened (RFC 8628)", async () => {
    const as = await discover(sandbox.issuer);
    const client = await register(as, "A terminal");
    const device = await startDevice(as, client, resource);
    expect(device).toMatchObject({ interval: 1, expires_in: 600 });
    expect(device.user_code).toMatch(/^[A-Z]{4}-[A-Z]{4}$/);
    await expect(poll(as, client, device)).rejects.toMatchObject({ error: "authorization_pending" });
    await expect(poll(as, client, device)).rejects.toMatchObject({ error: "slow_down" });
    const page = await fetch(device.verification_uri_complete!);
    expect(await page.text()).toContain("A terminal is connected");
    const { device_code, ...rest } = await startDevice(as, client, resource);
    await fetch(rest.verification_uri_complete!);
    const tokens = await poll(as, client, { device_code });
    expect(tokens.refresh_token).toBeTruthy();
    expect(await bearer(sandbox.mcpUrl, tokens.access_token)).toBe(200);
  });
});

describe("strict rotation", () => {
  let sandbox: Sandbox;
  beforeAll(async () => {
    sandbox = await startSandbox({ autoApprove: true, strictRotation: true });
  });
  afterAll(() => sandbox.close());

  it("revokes the whole grant if a used refresh token is used again", async () => {
    const { as, client, refreshToken } = await signIn(sandbox);
    const second = await refresh(as, client, refreshToken);
    await expect(refresh(as, client, refreshToken)).rejects.toMatchObject({ error: "invalid_grant" });
    await expect(refresh(as, client, second.refresh_token!)).rejects.toMatchObject({
      error: "invalid_grant"
    });
    expect(await bearer(sandbox.mcpUrl, second.access_token)).toBe(401);
    expect(sandbox.stats.oauth).toMatchObject({ refreshRedemptions: 1, refreshReuse: 1 });
  });

  it("accepts at most one of many requests with the same refresh token, and revokes its result too", async () => {
    const { as, client, refreshToken } = await signIn(sandbox);
    const before = sandbox.stats.oauth.refreshRedemptions;
    const answers = await Promise.allSettled(
      Array.from({ length: 8 }, () => refresh(as, client, refreshToken))
    );
    expect(answers.filter(({ status }) => status === "fulfilled").length).toBeLessThanOrEqual(1);
    expect(sandbox.stats.oauth.refreshRedemptions - before).toBeLessThanOrEqual(1);
    for (const answer of answers) {
      if (answer.status === "fulfilled")
        expect(await bearer(sandbox.mcpUrl, answer.value.access_token)).toBe(401);
    }
  });
});

describe("a sandbox that waits for the user's consent", () => {
  let sandbox: Sandbox;
  let resource: string;
  beforeAll(async () => {
    sandbox = await startSandbox({ environments: ["production", "Spring & Co"], accessTokenTtl: 1 });
    resource = resourceOf(sandbox);
  });
  afterAll(() => sandbox.close());

  it("shows the client, links the selected Environment, and redirects with a code", async () => {
    const as = await discover(sandbox.issuer);
    const client = await register(as, "<b>Sly</b> & Co");
    const authorization = await authorizationRequest(as, client, { resource });
    const browser = new Browser();
    const page = await browser.open(authorization.url);
    expect(page.html).toContain("Connect &lt;b&gt;Sly&lt;/b&gt; &amp; Co to your Imgwire account?");
    expect(page.html).toContain("Spring &amp; Co");
    const chosen = sandbox.organization.environments[1]!.id;
    const end = await browser.submit(page, { environment: chosen, decision: "allow" });
    const tokens = await redeem(as, client, end.url, authorization, resource);
    expect(await bearer(sandbox.mcpUrl, tokens.access_token)).toBe(200);
    expect(sandbox.connections.of(client.client_id)?.environmentId).toBe(chosen);
  });

  it("redirects with access_denied if the user denies", async () => {
    const as = await discover(sandbox.issuer);
    const authorization = await authorizationRequest(as, await register(as), { resource });
    const browser = new Browser();
    const end = await browser.submit(await browser.open(authorization.url), { decision: "deny" });
    expect(end.url.href).toContain(redirectUri);
    expect(end.url.searchParams.get("error")).toBe("access_denied");
    expect(end.url.searchParams.get("state")).toBe(authorization.state);
  });

  it("refuses a consent page from another browser", async () => {
    const as = await discover(sandbox.issuer);
    const { url } = await authorizationRequest(as, await register(as), { resource });
    const page = await new Browser().open(url);
    const stranger = await new Browser().open(page.url);
    expect(stranger.html).toContain("This sign-in has expired, or was started in another browser.");
  });

  it("asks for the device's code and then for consent", async () => {
    const as = await discover(sandbox.issuer);
    const client = await register(as, "A terminal");
    const device = await startDevice(as, client, resource);
    const browser = new Browser();
    expect((await browser.open(new URL(device.verification_uri))).html).toContain(
      "Enter the code shown in your terminal."
    );
    const wrong = await browser.open(new URL("?user_code=ABCD-EFGH", device.verification_uri));
    expect(wrong.html).toContain("That code isn't valid.");
    const page = await browser.open(new URL(device.verification_uri_complete!));
    expect(page.html).toContain(device.user_code);
    await browser.submit(page, { user_code: device.user_code, decision: "deny" });
    await expect(poll(as, client, device)).rejects.toMatchObject({ error: "access_denied" });
  });

  it("expires access tokens after the configured time", async () => {
    const as = await discover(sandbox.issuer);
    const client = await register(as);
    const device = await startDevice(as, client, resource);
    const browser = new Browser();
    const page = await browser.open(new URL(device.verification_uri_complete!));
    await browser.submit(page, { user_code: device.user_code, environment: "", decision: "allow" });
    const tokens = await poll(as, client, device);
    expect(tokens.expires_in).toBe(1);
    await expect.poll(() => bearer(sandbox.mcpUrl, tokens.access_token), { timeout: 5_000 }).toBe(401);
    expect(sandbox.connections.of(client.client_id)?.environmentId).toBeUndefined();
  });
});

async function startDevice(as: oauth.AuthorizationServer, client: oauth.Client, resource: string) {
  const response = await oauth.deviceAuthorizationRequest(
    as,
    client,
    oauth.None(),
    { scope, resource },
    insecure
  );
  return oauth.processDeviceAuthorizationResponse(as, client, response);
}

async function poll(as: oauth.AuthorizationServer, client: oauth.Client, device: { device_code: string }) {
  const response = await oauth.deviceCodeGrantRequest(as, client, oauth.None(), device.device_code, insecure);
  return oauth.processDeviceCodeResponse(as, client, response);
}

interface Page {
  url: URL;
  html: string;
}

/**
 * Follows redirects with cookies until a page arrives or the redirect URI is reached, which isn't requested.
 */
class Browser {
  readonly #cookies = new Map<string, string>();

  open(url: URL): Promise<Page> {
    return this.#go(url);
  }

  submit(page: Page, fields: Record<string, string>): Promise<Page> {
    const [, action] = /<form method="post" action="([^"]+)"/.exec(page.html) ?? [];
    return this.#go(new URL(action!, page.url), new URLSearchParams(fields));
  }

  async #go(url: URL, form?: URLSearchParams): Promise<Page> {
    if (url.href.startsWith(redirectUri)) return { url, html: "" };
    const cookie = [...this.#cookies].map(([name, value]) => `${name}=${value}`).join("; ");
    const response = await fetch(url, {
      redirect: "manual",
      headers: { cookie },
      ...(form && { method: "POST", body: form })
    });
    for (const line of response.headers.getSetCookie()) {
      const [, name, value] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
      if (name) this.#cookies.set(name, value!);
    }
    const location = response.headers.get("location");
    return location ? this.#go(new URL(location, url)) : { url, html: await response.text() };
  }
}
