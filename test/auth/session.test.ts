import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { readAccount } from "../../src/auth/accounts.ts";
import { SignInNeededError } from "../../src/errors.ts";
import { type Sandbox, startSandbox } from "../../sandbox/sandbox.ts";
import { Machine, visit } from "../support/sessions.ts";

let sandbox: Sandbox;
let machine: Machine;

beforeAll(async () => {
  sandbox = await startSandbox({ autoApprove: true, strictRotation: true });
});
afterAll(() => sandbox.close());
beforeEach(async () => {
  machine = await Machine.create(sandbox.mcpUrl);
});
afterEach(() => machine.close());

/** The status with which the hosted server answers a request with this token. */
async function ping(token: string | undefined): Promise<number> {
  const response = await fetch(sandbox.mcpUrl, {
    method: "POST",
    headers: {
      "content-type": "application/json",
      accept: "application/json, text/event-stream",
      ...(token && { authorization: `Bearer ${token}` })
    },
    body: JSON.stringify({
      jsonrpc: "2.0",
      id: 0,
      method: "initialize",
      params: { protocolVersion: "2025-06-18", capabilities: {}, clientInfo: { name: "test", version: "0" } }
    })
  });
  await response.body?.cancel();
  return response.status;
}

describe("signing in", () => {
  it("signs in by loopback and gets a token that the hosted server accepts", async () => {
    const session = machine.session();
    expect(await session.token()).toBeUndefined();
    await machine.signIn(session);
    expect(await ping(await session.token())).toBe(200);
    expect(readAccount(machine.stateDir, sandbox.mcpUrl)).toMatchObject({
      issuer: sandbox.issuer,
      store: "file"
    });
  });

  it("shares a sign-in with other processes, even those that started signed out", async () => {
    const before = machine.session();
    expect(await before.token()).toBeUndefined();
    await machine.signIn(machine.session());
    const after = machine.session();
    expect(await ping(await after.token())).toBe(200);
    expect(await before.token()).toBe(await after.token());
  });

  it("signs in by device code", async () => {
    const session = machine.session();
    const pending = await session.signIn(undefined, { method: "device" });
    expect(pending.method).toBe("device");
    expect(pending.userCode).toMatch(/^[A-Z]{4}-[A-Z]{4}$/);
    await Promise.all([visit(pending.url), pending.completed]);
    expect(await ping(await session.token())).toBe(200);
  });

  it("joins a second process to the sign-in of the first", async () => {
    const [one, other] = [machine.session(), machine.session()];
    const pending = await one.signIn();
    const joined = await other.signIn();
    expect(joined.url).toBe(pending.url);
    await Promise.all([visit(pending.url), pending.completed, joined.completed]);
    expect(await other.token()).toBe(await one.token());
  });
});

describe("renewing", () => {
  it("refreshes a token that the server refuses before it expires", async () => {
    const session = machine.session();
    await machine.signIn(session);
    const token = await session.token();
    sandbox.revokeAccessTokens();
    expect(await ping(token)).toBe(401);
    const next = await session.onUnauthorized({ status: 401, wwwAuthenticate: undefined, token });
    expect(await ping(next)).toBe(200);
    expect(await session.token()).toBe(next);
  });

  it("refreshes once, however many requests in however many sessions are refused", async () => {
    const sessions = [machine.session(), machine.session(), machine.session()];
    await machine.signIn(sessions[0]!);
    const token = await sessions[0]!.token();
    const before = sandbox.stats.oauth.refreshRedemptions;
    sandbox.revokeAccessTokens();
    const refusal = { status: 401 as const, wwwAuthenticate: undefined, token };
    const renewed = await Promise.all(
      sessions.flatMap((session) => [session.onUnauthorized(refusal), session.onUnauthorized(refusal)])
    );
    expect(new Set(renewed).size).toBe(1);
    expect(sandbox.stats.oauth.refreshRedemptions - before).toBe(1);
  });
});

describe("signing out", () => {
  it("revokes tokens on sign-out, and signs other sessions out too", async () => {
    const [one, other] = [machine.session(), machine.session()];
    await machine.signIn(one);
    const token = await other.token();
    expect(await one.signOut()).toMatchObject({ wasSignedIn: true, revoked: true });
    expect(await ping(token)).toBe(401);
    expect(await one.token()).toBeUndefined();
    const refused = other.onUnauthorized({ status: 401, wwwAuthenticate: undefined, token });
    await expect(refused).rejects.toBeInstanceOf(SignInNeededError);
    expect(await other.token()).toBeUndefined();
  });
});
