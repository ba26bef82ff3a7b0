import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { failed } from "../../support/login.ts";
import { answerMcp, type Script } from "../../support/scripted-service.ts";
import { ScriptedWorld } from "../../support/scripted-world.ts";

let world: ScriptedWorld;
afterEach(() => world.stop());

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

/** The only file in the file store. */
async function tokenFile(): Promise<string> {
  const folder = join(world.user.folder, "state", "tokens");
  const [name] = await readdir(folder);
  return join(folder, name ?? "");
}

/** Moves the times of a stored sign-in, as if the clock had been set. */
async function moveClock(ms: number): Promise<void> {
  const record = JSON.parse(await readFile(await tokenFile(), "utf8")) as { tokens: Record<string, number> };
  record.tokens["expires_at"] = (record.tokens["expires_at"] ?? 0) + ms;
  record.tokens["obtained_at"] = (record.tokens["obtained_at"] ?? 0) + ms;
  await writeFile(await tokenFile(), JSON.stringify(record));
}

const DAY_MS = 86_400_000;

describe("token lifetimes and wrong clocks", () => {
  it.each([[undefined], [0], [-1], ["3600"], ["soon"], [null]])(
    "never refreshes a token with the lifetime %j that still works [auth.lifetimes]",
    async (expires_in) => {
      world = await ScriptedWorld.start(lifetime(expires_in));
      expect((await world.user.run(["login"])).code).toBe(0);
      const driver = await world.agent();
      for (let call = 0; call < 5; call++) expect(failed(await driver.call("ping"))).toBe(false);
      expect(world.grants("refresh_token")).toBe(0);
    }
  );

  it("refreshes once if the clock is a day ahead [auth.lifetimes]", async () => {
    world = await ScriptedWorld.start();
    await world.user.run(["login"]);
    await moveClock(-DAY_MS);
    const driver = await world.agent();
    for (let call = 0; call < 5; call++) expect(failed(await driver.call("ping"))).toBe(false);
    expect(world.grants("refresh_token")).toBe(1);
  });

  it("makes one refused request and refreshes once if the clock is a day behind [auth.lifetimes]", async () => {
    const valid = (request: { headers: { authorization?: string | undefined } }): boolean =>
      request.headers.authorization !== "Bearer CANARY-access-1";
    world = await ScriptedWorld.start({
      mcp: (request) => (valid(request) ? answerMcp(request) : { status: 401 })
    });
    await world.user.run(["login"]);
    await moveClock(DAY_MS);
    const driver = await world.agent();
    for (let call = 0; call < 5; call++) expect(failed(await driver.call("ping"))).toBe(false);
    expect(world.grants("refresh_token")).toBe(1);
  });
});
