import { afterEach, describe, expect, it } from "vitest";
import { type Script, type Scripted } from "../../support/scripted-service.ts";
import { ScriptedWorld } from "../../support/scripted-world.ts";

let world: ScriptedWorld;
afterEach(() => world.stop());

describe("a device code", () => {
  function device(poll: Scripted, more: object = {}): Partial<Script> {
    return {
      server: () =>
        world.service.serverMetadata({ device_authorization_endpoint: `${world.service.issuer}/device` }),
      device: () => ({
        json: {
          device_code: "CANARY-device",
          user_code: "ABCD-EFGH",
          verification_uri: `${world.service.issuer}/device`,
          interval: 0.01,
          expires_in: 60,
          ...more
        }
      }),
      token: () => poll
    };
  }

  it.each(["access_denied", "expired_token"])(
    "ends a sign-in by code on %s, without showing the device code [auth.device-code-ends]",
    async (error) => {
      world = await ScriptedWorld.start(device({ status: 400, body: JSON.stringify({ error }) }));
      const outcome = await world.user.run(["login", "--device"]);
      expect(outcome.code).toBe(3);
      expect(outcome.stderr).toContain("A B C D - E F G H");
      expect(outcome.stderr).not.toContain("CANARY");
    }
  );

  it("says what to do if the server supports no device codes [auth.device-code-ends]", async () => {
    world = await ScriptedWorld.start();
    const outcome = await world.user.run(["login", "--device", "--json"]);
    expect(outcome.code).toBe(1);
    expect(outcome.stdout).toContain("device_unsupported");
  });
});
