import { existsSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { readAccount } from "../../../src/auth/accounts.ts";
import type { SandboxOptions } from "../../../sandbox/options.ts";
import { type Sandbox, startSandbox } from "../../../sandbox/sandbox.ts";
import { BROWSER } from "../../support/program.ts";
import { failed, User } from "../../support/login.ts";
import { visit } from "../../support/sessions.ts";
import type { StdioDriver } from "../../../sandbox/client/stdio-driver.ts";

let sandbox: Sandbox;
let user: User;
afterEach(async () => {
  await user.remove();
  await sandbox.close();
});

/** Starts a sandbox that consents without a click and is strict about refresh tokens, with a user. */
async function begin(options: Partial<SandboxOptions> = {}, signIn = true): Promise<void> {
  sandbox = await startSandbox({ autoApprove: true, strictRotation: true, ...options });
  user = await User.create({ IMGWIRE_MCP_URL: sandbox.mcpUrl });
  if (signIn) expect((await user.run(["login"], { BROWSER })).code).toBe(0);
}

describe("one sign-in per machine", () => {
  it("signs in by a tool call and shares the sign-in with every agent, without a restart", async () => {
    await begin({}, false);
    const [one, other] = [await user.agent(), await user.agent()];
    await Promise.all([one.request("tools/list"), other.request("tools/list")]);
    expect(user.opened()).toEqual([]);
    const calls = [one.call("whoami"), other.call("whoami")];
    await expect.poll(() => user.opened().length).toBe(1);
    await visit(user.opened()[0]?.[0] ?? "");
    for (const answer of await Promise.all(calls)) expect(failed(answer)).toBe(false);
    expect(user.opened()).toHaveLength(1);
    expect(sandbox.stats.oauth.tokens["authorization_code"]).toBe(1);
  });

  it("starts another sign-in in a second process if the first is killed", async () => {
    await begin({}, false);
    const [one, other] = [await user.agent(), await user.agent()];
    void one.call("whoami");
    await expect.poll(() => user.opened().length).toBe(1);
    one.child.kill("SIGKILL");
    await one.exited;
    const call = other.call("whoami");
    await expect.poll(() => user.opened().length).toBe(2);
    await visit(user.opened()[1]?.[0] ?? "");
    expect(failed(await call)).toBe(false);
  });
});

describe("exiting during a sign-in", () => {
  it.each(["SIGTERM", "SIGINT", "EOF"] as const)(
    "frees the port and leaves nothing behind on %s during a sign-in",
    async (how) => {
      await begin({}, false);
      const driver = await user.agent();
      void driver.call("whoami");
      await expect.poll(() => user.opened().length).toBe(1);
      const { searchParams } = new URL(user.opened()[0]?.[0] ?? "");
      if (how === "EOF") driver.child.stdin?.end();
      else driver.child.kill(how);
      await driver.exited;
      const late = fetch(searchParams.get("redirect_uri") ?? "");
      await expect(late).rejects.toMatchObject({ cause: { code: "ECONNREFUSED" } });
      const left = (await readdir(join(user.folder, "state"))).filter((name) => name.endsWith(".lock"));
      expect(left).toEqual([]);
    }
  );
});

describe("IMGWIRE_ACCESS_TOKEN", () => {
  it("uses IMGWIRE_ACCESS_TOKEN without storing anything, and names it if it is refused", async () => {
    await begin();
    const folder = join(user.folder, "state", "tokens");
    const [name] = await readdir(folder);
    const record = JSON.parse(await readFile(join(folder, name ?? ""), "utf8")) as {
      tokens: { access_token: string };
    };
    await user.run(["login"], { BROWSER });
    const config = join(user.folder, "elsewhere");
    const env = { IMGWIRE_CONFIG_DIR: config, IMGWIRE_ACCESS_TOKEN: record.tokens.access_token };
    const driver = await user.agent(env);
    expect(failed(await driver.call("whoami"))).toBe(false);
    expect(existsSync(join(config, "state"))).toBe(false);
    sandbox.revokeAccessTokens();
    const answer = await driver.call("whoami");
    expect(failed(answer)).toBe(true);
    expect(JSON.stringify(answer)).toContain("IMGWIRE_ACCESS_TOKEN");
    expect(user.opened()).toEqual([]);
    expect((await user.run(["login", "--json"], env)).stdout).toContain("access_token_fixed");
  });
});

describe("a sign-in kept in memory", () => {
  it("keeps a sign-in in memory only until the process exits, and stores it nowhere", async () => {
    await begin({}, false);
    const env = { IMGWIRE_TOKEN_STORE: "memory" };
    const driver = await user.agent(env);
    const call = driver.call("whoami");
    await expect.poll(() => user.opened().length).toBe(1);
    await visit(user.opened()[0]?.[0] ?? "");
    expect(failed(await call)).toBe(false);
    sandbox.revokeAccessTokens();
    expect(failed(await driver.call("whoami"))).toBe(false);
    expect(existsSync(join(user.folder, "state"))).toBe(false);
    expect((await user.run(["whoami"], env)).code).toBe(3);
  });
});

describe("renewing", () => {
  it.each([2, 8])(
    "refreshes once for %i agents after a revocation, and after expiry [auth.renewed-once]",
    async (count) => {
      await begin({ accessTokenTtl: 5 });
      const all: StdioDriver[] = [];
      for (let index = 0; index < count; index++) all.push(await user.agent());
      await Promise.all(all.map((each) => each.call("whoami")));
      const before = sandbox.stats.oauth.refreshRedemptions;
      sandbox.revokeAccessTokens();
      for (const answer of await Promise.all(all.map((each) => each.call("whoami"))))
        expect(failed(answer)).toBe(false);
      expect(sandbox.stats.oauth.refreshRedemptions - before).toBe(1);
      expect(sandbox.stats.oauth.refreshReuse).toBe(0);
    }
  );

  it.each([
    ["fails", { status: 503 }],
    ["answers with HTML", { status: 200, body: "<html>" }],
    ["answers with an empty token", { status: 200, body: '{"access_token":"","token_type":"Bearer"}' }],
    ["drops the connection", { kind: "reset" as const }]
  ])(
    "keeps the sign-in if the token endpoint %s, and works again afterwards [auth.token-endpoint-fails]",
    async (_, fault) => {
      await begin();
      const driver = await user.agent();
      await driver.call("whoami");
      sandbox.revokeAccessTokens();
      sandbox.fault({ origin: "issuer", path: "/oauth2/token", times: 100, ...fault });
      const answer = await driver.call("whoami");
      expect(failed(answer)).toBe(true);
      sandbox.clearFaults();
      expect(failed(await driver.call("whoami"))).toBe(false);
      expect(user.opened()).toEqual([]);
      expect(sandbox.stats.oauth.tokens["authorization_code"]).toBe(1);
    }
  );

  it("keeps the sign-in if a process is killed during a refresh [auth.renewed-once]", async () => {
    await begin();
    const killed = await user.agent();
    await killed.call("whoami");
    sandbox.revokeAccessTokens();
    sandbox.fault({ origin: "issuer", path: "/oauth2/token", kind: "hang" });
    void killed.call("whoami");
    await expect.poll(() => recordLock()).toBe(true);
    killed.child.kill("SIGKILL");
    await killed.exited;
    sandbox.clearFaults();
    const next = await user.agent();
    expect(failed(await next.call("whoami"))).toBe(false);
    expect(sandbox.stats.oauth.refreshReuse).toBe(0);
  });

  it("asks for one sign-in if a refresh token was used and its response lost, and never reuses the token [auth.renewed-once]", async () => {
    await begin();
    const driver = await user.agent({ BROWSER: "none" });
    await driver.call("whoami");
    sandbox.revokeAccessTokens();
    sandbox.fault({ origin: "issuer", path: "/oauth2/token", kind: "reset-after" });
    expect(failed(await driver.call("whoami"))).toBe(true);
    const pending = driver.call("whoami", {}, {});
    await expect.poll(() => sandbox.stats.oauth.deviceAuthorizations).toBe(1);
    expect(sandbox.stats.oauth.refreshReuse).toBe(1);
    expect(readAccount(join(user.folder, "state"), sandbox.mcpUrl)).toBeUndefined();
    expect((await user.run(["whoami"])).code).toBe(3);
    expect(sandbox.stats.oauth.refreshReuse).toBe(1);
    await driver.kill();
    void pending;
  });

  it("uses tokens that another process has stored", async () => {
    await begin();
    const driver = await user.agent();
    await driver.call("whoami");
    expect((await user.run(["login"], { BROWSER })).code).toBe(0);
    sandbox.revokeAccessTokens();
    expect(failed(await driver.call("whoami"))).toBe(false);
    expect(sandbox.stats.oauth.refreshReuse).toBe(0);
  });

  async function recordLock(): Promise<boolean> {
    const state = join(user.folder, "state");
    const names = existsSync(state) ? await readdir(state) : [];
    return names.some((name) => name.endsWith("record.lock"));
  }
});

describe("signing out elsewhere", () => {
  it("asks for a sign-in in the next call after signing out elsewhere", async () => {
    await begin();
    const driver = await user.agent();
    expect(failed(await driver.call("whoami"))).toBe(false);
    expect((await user.run(["logout"])).code).toBe(0);
    const call = driver.call("whoami");
    await expect.poll(() => user.opened().length).toBe(1);
    await visit(user.opened()[0]?.[0] ?? "");
    expect(failed(await call)).toBe(false);
  });
});

describe("a device code", () => {
  it("offers a device code in a signed-out call without a browser", async () => {
    await begin({}, false);
    const driver = await user.agent({ BROWSER: "none" });
    const progress = driver.notification("notifications/progress");
    const call = driver.call("whoami", {}, { progressToken: 1 });
    const { params } = await progress;
    const link = /https?:\/\/\S+/.exec(JSON.stringify(params))?.[0] ?? "";
    expect(link).toContain(sandbox.issuer);
    await visit(link.replace(/["\\].*$/, ""));
    expect(failed(await call)).toBe(false);
  });
});

describe("secrets", () => {
  it("writes secrets to no output, log or file except the store [auth.no-secret-shown]", async () => {
    await begin();
    const log = join(user.folder, "log");
    const driver = await user.agent({ IMGWIRE_LOG_LEVEL: "debug", IMGWIRE_LOG_FILE: log });
    await driver.call("whoami");
    sandbox.revokeAccessTokens();
    await driver.call("whoami");
    await driver.end();
    const written = [driver.stderr, ...driver.lines, await readFile(log, "utf8").catch(() => "")].join("\n");
    for (const secret of await secretsIn(join(user.folder, "state", "tokens")))
      expect(written).not.toContain(secret);
  });

  async function secretsIn(folder: string): Promise<string[]> {
    const [name] = await readdir(folder);
    const { tokens } = JSON.parse(await readFile(join(folder, name ?? ""), "utf8")) as {
      tokens: Record<string, string>;
    };
    return [tokens["access_token"] ?? "", tokens["refresh_token"] ?? ""].filter(Boolean);
  }
});
