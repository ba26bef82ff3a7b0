import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { User } from "../../support/login.ts";
import { BROWSER } from "../../support/program.ts";
import { type Scripted, ScriptedService } from "../../support/scripted-service.ts";

const UNKNOWN: Scripted = {
  status: 401,
  headers: { "content-type": "application/json" },
  body: JSON.stringify({ error: "invalid_client", error_description: "no such client" })
};

let service: ScriptedService;
let user: User;
beforeEach(async () => {
  service = await ScriptedService.start();
  service.script.server = () =>
    service.serverMetadata({ device_authorization_endpoint: `${service.issuer}/device` });
  service.script.device = ({ parameters }) =>
    parameters["client_id"] === forgotten ? UNKNOWN : { json: { ...DEVICE } };
});
afterEach(async () => {
  await service.stop();
  await user.remove();
});

let forgotten: string | undefined;
const DEVICE = {
  device_code: "CANARY-device",
  user_code: "ABCD-EFGH",
  verification_uri: "http://127.0.0.1/device",
  interval: 0.01
};

describe("an authorization server that no longer knows the client", () => {
  it("registers a new client if the authorization server has forgotten the old one", async () => {
    user = await User.create({ IMGWIRE_MCP_URL: service.mcpUrl });
    forgotten = undefined;
    expect((await user.run(["login", "--device"])).code).toBe(0);
    forgotten = "client-1";
    expect((await user.run(["login", "--device"])).code).toBe(0);
    const clients = service.to("/device").map(({ parameters }) => parameters["client_id"]);
    expect(clients).toEqual(["client-1", "client-1", "client-2"]);
  });

  it("names the settings to check if the server has forgotten a pre-registered client", async () => {
    user = await User.create({
      IMGWIRE_MCP_URL: service.mcpUrl,
      IMGWIRE_CLIENT_ID: "pre",
      IMGWIRE_CLIENT_SECRET: "CANARY-secret"
    });
    forgotten = "pre";
    service.script.device = () => UNKNOWN;
    const outcome = await user.run(["login", "--device"]);
    expect(outcome.code).toBe(1);
    expect(outcome.stderr).toContain("IMGWIRE_CLIENT_ID");
    expect(service.to("/device")).toHaveLength(1);
  });

  it("says what to do if the server refuses to redeem the code", async () => {
    user = await User.create({
      IMGWIRE_MCP_URL: service.mcpUrl,
      IMGWIRE_CLIENT_ID: "pre",
      BROWSER
    });
    service.script.token = () => UNKNOWN;
    const outcome = await user.run(["login"]);
    expect(outcome.code).toBe(1);
    expect(outcome.stderr).toMatch(/no such client[^]*IMGWIRE_CLIENT_ID/);
  });
});
