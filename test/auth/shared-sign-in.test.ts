import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ScriptedService } from "../support/scripted-service.ts";
import { Machine, visit } from "../support/sessions.ts";

let service: ScriptedService;
let machine: Machine;

beforeEach(async () => {
  service = await ScriptedService.start();
  machine = await Machine.create(service.mcpUrl);
});
afterEach(async () => {
  await machine.close();
  await service.stop();
});

describe("a sign-in that several processes wait for", () => {
  it.each([
    ["access_denied", "sign_in_needed", "cancelled"],
    ["server_error", "authorization_refused", "server_error"]
  ])(
    "reports %s in every process that waits for the sign-in [auth.joined-told-why]",
    async (error, code, said) => {
      service.script.callback = () => ({ error, code: undefined });
      const begun = await machine.session().signIn();
      const joined = [await machine.session().signIn(), await machine.session().signIn()];
      const outcomes = [begun, ...joined].map(({ completed }) =>
        completed.then(
          () => "done",
          (e: unknown) => e
        )
      );
      await visit(begun.url).catch(() => undefined);
      for (const outcome of await Promise.all(outcomes)) {
        expect(outcome).toMatchObject({ code, message: expect.stringContaining(said) as string });
      }
    }
  );

  it("starts a new sign-in after a shared one has failed [auth.joined-told-why]", async () => {
    service.script.callback = () => ({ error: "access_denied", code: undefined });
    const session = machine.session();
    const first = await session.signIn();
    await Promise.all([visit(first.url).catch(() => undefined), first.completed.catch(() => undefined)]);
    service.script.callback = () => ({});
    const second = await machine.session().signIn();
    expect(second.url).not.toBe(first.url);
    await Promise.all([visit(second.url), second.completed]);
    expect(await session.token()).toBe("CANARY-access-1");
  });
});

describe("a challenge", () => {
  it("applies a challenge to the sign-in that it caused and to no later one [auth.challenge-used-once]", async () => {
    const session = machine.session();
    const place = new URL("/.well-known/oauth-protected-resource/mcp", service.mcpUrl).href;
    const wwwAuthenticate = `Bearer resource_metadata="${place}", scope="once"`;
    const first = await session.signIn({ status: 401, wwwAuthenticate, token: undefined });
    expect(new URL(first.url).searchParams.get("scope")).toBe("once");
    service.script.callback = () => ({ error: "access_denied", code: undefined });
    await Promise.all([visit(first.url).catch(() => undefined), first.completed.catch(() => undefined)]);
    const second = await session.signIn();
    expect(new URL(second.url).searchParams.get("scope")).toBeNull();
  });
});
