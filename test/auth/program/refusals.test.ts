import { afterEach, describe, expect, it } from "vitest";
import { failed } from "../../support/login.ts";
import { answerMcp, type Scripted } from "../../support/scripted-service.ts";
import { ScriptedWorld } from "../../support/scripted-world.ts";

let world: ScriptedWorld;
afterEach(() => world.stop());

describe("a server that refuses every token", () => {
  const unauthorized: Scripted = {
    status: 401,
    headers: { "www-authenticate": 'Bearer error="invalid_token"' }
  };

  it("refreshes once and repeats the call once after a 401, without a chain of sign-ins [auth.refusals-bounded]", async () => {
    world = await ScriptedWorld.start();
    await world.user.run(["login"]);
    const driver = await world.agent();
    await driver.call("ping");
    let refused = 0;
    world.service.script.mcp = () => {
      refused += 1;
      return unauthorized;
    };
    const [renewals, signIns] = [world.grants("refresh_token"), world.grants("authorization_code")];
    for (let call = 0; call < 5; call++) expect(failed(await driver.call("ping"))).toBe(true);
    expect(world.grants("refresh_token") - renewals).toBeLessThanOrEqual(refused / 2);
    expect(world.grants("authorization_code") - signIns).toBeLessThanOrEqual(3);
  });

  it("requests each scope that a 403 names once, and only a few times in total [auth.refusals-bounded]", async () => {
    let asked = 0;
    world = await ScriptedWorld.start({
      mcp: (request) =>
        request.body.includes("tools/call")
          ? {
              status: 403,
              headers: { "www-authenticate": `Bearer error="insufficient_scope", scope="more-${++asked}"` }
            }
          : answerMcp(request)
    });
    await world.user.run(["login"]);
    const driver = await world.agent();
    for (let call = 0; call < 5; call++) expect(failed(await driver.call("ping"))).toBe(true);
    expect(world.grants("authorization_code")).toBeLessThanOrEqual(4);
  });

  it("reports a 403 without a usable scope immediately [auth.refusals-bounded]", async () => {
    world = await ScriptedWorld.start({
      mcp: (request) => (request.body.includes("tools/call") ? { status: 403 } : answerMcp(request))
    });
    await world.user.run(["login"]);
    const driver = await world.agent();
    expect(failed(await driver.call("ping"))).toBe(true);
    expect(world.grants("authorization_code")).toBe(1);
  });
});

describe("a token endpoint that hangs", () => {
  it("times out on a hanging token endpoint, keeps the tokens and opens nothing [auth.token-endpoint-fails]", async () => {
    world = await ScriptedWorld.start();
    await world.user.run(["login"]);
    const driver = await world.agent();
    await driver.call("ping");
    const honest = world.service.script.token;
    world.service.script.token = () => "hang";
    world.service.script.mcp = (request) =>
      request.headers.authorization === "Bearer CANARY-access-1" ? { status: 401 } : answerMcp(request);
    const answer = await driver.call("ping");
    expect(failed(answer)).toBe(true);
    expect(JSON.stringify(answer)).toContain("15 s");
    world.service.script.token = honest;
    expect(failed(await driver.call("ping"))).toBe(false);
    expect(world.grants("authorization_code")).toBe(1);
  });
});
