import { chmod, mkdir, readdir, readFile, rename, stat, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { bin, VISIT } from "../../support/program.ts";
import { User } from "../../support/login.ts";
import { answerMcp, type Script, type Scripted, ScriptedService } from "../../support/scripted-service.ts";
import { type Message, StdioDriver } from "../../../sandbox/client/stdio-driver.ts";

let service: ScriptedService;
let user: User;
let drivers: StdioDriver[] = [];
afterEach(async () => {
  await Promise.all(drivers.map((driver) => driver.kill()));
  drivers = [];
  await service.stop();
  await user.remove();
});

async function begin(script: Partial<Script> = {}): Promise<void> {
  service = await ScriptedService.start(script);
  user = await User.create({ IMGWIRE_MCP_URL: service.mcpUrl, BROWSER: VISIT });
}

async function agent(): Promise<StdioDriver> {
  const driver = new StdioDriver({ args: [bin("imgwire-mcp")], env: user.env });
  drivers.push(driver);
  await driver.initialize();
  return driver;
}

function failed({ result, error }: Message): boolean {
  return error !== undefined || result?.["isError"] === true;
}

/** The token requests of one grant type. */
function grants(type: string): number {
  return service.to("/token").filter(({ parameters }) => parameters["grant_type"] === type).length;
}

/** Answers every token request with this lifetime. */
function lifetime(expires_in: unknown): Partial<Script> {
  let count = 0;
  return {
    token: () => ({
      json: {
        access_token: `CANARY-access-${++count}`,
        refresh_token: `CANARY-refresh-${count}`,
        token_type: "bearer",
        expires_in
      }
    })
  };
}

/** The one file of the file store. */
async function tokenFile(): Promise<string> {
  const folder = join(user.folder, "state", "tokens");
  const [name] = await readdir(folder);
  return join(folder, name ?? "");
}

/** Moves a stored sign-in in time, as a clock that was set does. */
async function moveClock(ms: number): Promise<void> {
  const record = JSON.parse(await readFile(await tokenFile(), "utf8")) as { tokens: Record<string, number> };
  record.tokens["expires_at"] = (record.tokens["expires_at"] ?? 0) + ms;
  record.tokens["obtained_at"] = (record.tokens["obtained_at"] ?? 0) + ms;
  await writeFile(await tokenFile(), JSON.stringify(record));
}

const DAY_MS = 86_400_000;

describe("lifetimes and clocks (row 22)", () => {
  it.each([[undefined], [0], [-1], ["3600"], ["soon"], [null]])(
    "a lifetime of %j starts no renewals",
    async (expires_in) => {
      await begin(lifetime(expires_in));
      expect((await user.run(["login"])).code).toBe(0);
      const driver = await agent();
      for (let call = 0; call < 5; call++) expect(failed(await driver.call("ping"))).toBe(false);
      expect(grants("refresh_token")).toBe(0);
    }
  );

  it("a clock a day ahead costs one renewal", async () => {
    await begin();
    await user.run(["login"]);
    await moveClock(-DAY_MS);
    const driver = await agent();
    for (let call = 0; call < 5; call++) expect(failed(await driver.call("ping"))).toBe(false);
    expect(grants("refresh_token")).toBe(1);
  });

  it("a clock a day behind costs one refused request and one renewal", async () => {
    const valid = (request: { headers: { authorization?: string | undefined } }): boolean =>
      request.headers.authorization !== "Bearer CANARY-access-1";
    await begin({ mcp: (request) => (valid(request) ? answerMcp(request) : { status: 401 }) });
    await user.run(["login"]);
    await moveClock(DAY_MS);
    const driver = await agent();
    for (let call = 0; call < 5; call++) expect(failed(await driver.call("ping"))).toBe(false);
    expect(grants("refresh_token")).toBe(1);
  });
});

describe("refusals without end (row 23)", () => {
  const unauthorized: Scripted = {
    status: 401,
    headers: { "www-authenticate": 'Bearer error="invalid_token"' }
  };

  it("401: one renewal and one repetition for a call, and no chain of sign-ins", async () => {
    await begin();
    await user.run(["login"]);
    const driver = await agent();
    await driver.call("ping");
    let refused = 0;
    service.script.mcp = () => {
      refused += 1;
      return unauthorized;
    };
    const [renewals, signIns] = [grants("refresh_token"), grants("authorization_code")];
    for (let call = 0; call < 5; call++) expect(failed(await driver.call("ping"))).toBe(true);
    expect(grants("refresh_token") - renewals).toBeLessThanOrEqual(refused / 2);
    expect(grants("authorization_code") - signIns).toBeLessThanOrEqual(3);
  });

  it("403: asks for each missing scope once, and no more than a few times in all", async () => {
    let asked = 0;
    await begin({
      mcp: (request) =>
        request.body.includes("tools/call")
          ? {
              status: 403,
              headers: { "www-authenticate": `Bearer error="insufficient_scope", scope="more-${++asked}"` }
            }
          : answerMcp(request)
    });
    await user.run(["login"]);
    const driver = await agent();
    for (let call = 0; call < 5; call++) expect(failed(await driver.call("ping"))).toBe(true);
    expect(grants("authorization_code")).toBeLessThanOrEqual(4);
  });

  it("403 without a scope that could be asked for is an error at once", async () => {
    await begin({
      mcp: (request) => (request.body.includes("tools/call") ? { status: 403 } : answerMcp(request))
    });
    await user.run(["login"]);
    const driver = await agent();
    expect(failed(await driver.call("ping"))).toBe(true);
    expect(grants("authorization_code")).toBe(1);
  });
});

describe("a token endpoint that hangs (row 20)", () => {
  it("ends in a clear error after its deadline, keeps the tokens and opens nothing", async () => {
    await begin();
    await user.run(["login"]);
    const driver = await agent();
    await driver.call("ping");
    const honest = service.script.token;
    service.script.token = () => "hang";
    service.script.mcp = (request) =>
      request.headers.authorization === "Bearer CANARY-access-1" ? { status: 401 } : answerMcp(request);
    const answer = await driver.call("ping");
    expect(failed(answer)).toBe(true);
    expect(JSON.stringify(answer)).toContain("15 s");
    service.script.token = honest;
    expect(failed(await driver.call("ping"))).toBe(false);
    expect(grants("authorization_code")).toBe(1);
  });
});

describe.skipIf(process.platform === "win32")("files that are not as they were left (row 15)", () => {
  it("are tightened when loose", async () => {
    await begin();
    await user.run(["login"]);
    const file = await tokenFile();
    await chmod(file, 0o666);
    await chmod(join(user.folder, "state", "tokens"), 0o777);
    const driver = await agent();
    expect(failed(await driver.call("ping"))).toBe(false);
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect((await stat(join(user.folder, "state", "tokens"))).mode & 0o777).toBe(0o700);
  });

  it("are refused when they are links, which is not taken for being signed out", async () => {
    await begin();
    await user.run(["login"]);
    const folder = join(user.folder, "state", "tokens");
    await mkdir(join(user.folder, "elsewhere"));
    await rename(folder, join(user.folder, "elsewhere", "tokens"));
    await symlink(join(user.folder, "elsewhere", "tokens"), folder);
    const outcome = await user.run(["whoami", "--json"]);
    expect(outcome.code).toBe(1);
    expect(outcome.stdout).toContain("store_unsafe");
    expect(grants("authorization_code")).toBe(1);
  });
});

describe("an index that was damaged", () => {
  it("is set aside; the sign-in is found in the store", async () => {
    await begin();
    await user.run(["login"]);
    const index = join(user.folder, "state", "accounts.json");
    await writeFile(index, '{"version":1,"accou');
    const driver = await agent();
    expect(failed(await driver.call("ping"))).toBe(false);
    expect(grants("authorization_code")).toBe(1);
    expect((await user.run(["logout"])).code).toBe(0);
    expect(await readdir(join(user.folder, "state", "tokens"))).toEqual([]);
  });
});

describe("a device code (row 10)", () => {
  function device(poll: Scripted, more: object = {}): Partial<Script> {
    return {
      server: () => service.serverMetadata({ device_authorization_endpoint: `${service.issuer}/device` }),
      device: () => ({
        json: {
          device_code: "CANARY-device",
          user_code: "ABCD-EFGH",
          verification_uri: `${service.issuer}/device`,
          interval: 0.01,
          expires_in: 60,
          ...more
        }
      }),
      token: () => poll
    };
  }

  it.each(["access_denied", "expired_token"])("ends clearly with %s", async (error) => {
    await begin(device({ status: 400, body: JSON.stringify({ error }) }));
    const outcome = await user.run(["login", "--device"]);
    expect(outcome.code).toBe(3);
    expect(outcome.stderr).toContain("A B C D - E F G H");
    expect(outcome.stderr).not.toContain("CANARY");
  });

  it("says what to do where the server has none", async () => {
    await begin();
    const outcome = await user.run(["login", "--device", "--json"]);
    expect(outcome.code).toBe(1);
    expect(outcome.stdout).toContain("device_unsupported");
  });
});
