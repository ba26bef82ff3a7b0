import { existsSync } from "node:fs";
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { BROWSER } from "../../support/program.ts";
import { failed, User } from "../../support/login.ts";
import { ScriptedService } from "../../support/scripted-service.ts";
import { AFTER_CRASH, HAS_SECRET_SERVICE, HungBus, SecretService } from "../../support/secret-service.ts";

let service: ScriptedService;
let user: User;
const stops: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
});

async function begin(env: Record<string, string>): Promise<void> {
  service = await ScriptedService.start();
  user = await User.create({
    IMGWIRE_MCP_URL: service.mcpUrl,
    IMGWIRE_TOKEN_STORE: "auto",
    BROWSER,
    ...env
  });
  stops.push(
    () => service.stop(),
    () => user.remove()
  );
}

/** Makes the index say that an earlier sign-in was stored in the keychain. */
async function pretendSignedIn(): Promise<void> {
  const account = { issuer: service.issuer, account: "somebody", store: "keychain", generation: 1 };
  await user.run(["logout"]);
  const state = join(user.folder, "state");
  await mkdir(state, { recursive: true, mode: 0o700 });
  await writeFile(join(state, "accounts.json"), JSON.stringify({ accounts: { [service.mcpUrl]: account } }));
}

describe.runIf(HAS_SECRET_SERVICE)("a sign-in in the Secret Service", { retry: AFTER_CRASH }, () => {
  it("stores a sign-in in the Secret Service, finds it without D-Bus variables, and removes it on logout", async () => {
    const keyring = await SecretService.start();
    stops.push(() => keyring.remove());
    await begin(keyring.env);
    const login = await user.run(["login"]);
    expect(login.code).toBe(0);
    expect(login.stdout).toContain("Secret Service");
    expect(existsSync(join(user.folder, "state", "tokens"))).toBe(false);
    const driver = await user.agent({ DBUS_SESSION_BUS_ADDRESS: "" });
    expect(failed(await driver.call("ping"))).toBe(false);
    expect((await user.run(["logout"])).code).toBe(0);
    expect((await user.run(["whoami"])).code).toBe(3);
  });

  it("reports a Secret Service without a default collection and stores the sign-in in a file [auth.keychain-faults-told]", async () => {
    const keyring = await SecretService.startEmpty();
    stops.push(() => keyring.remove());
    await begin(keyring.env);
    const login = await user.run(["login"]);
    expect(login.code).toBe(0);
    expect(login.stderr).toContain("has no default collection yet");
    expect(login.stderr).toContain("files that only you can read");
    const insisting = await user.run(["login", "--token-store", "keychain", "--json"]);
    expect(insisting.code).toBe(1);
    expect(insisting.stdout).toMatch(/no default collection yet[^]*Passwords and Keys/);
  });

  it("doesn't mistake a locked keychain for being signed out or use a file instead [auth.keychain-faults-told]", async () => {
    const keyring = await SecretService.start();
    stops.push(() => keyring.remove());
    await begin(keyring.env);
    await user.run(["login"]);
    await keyring.lock();
    const outcome = await user.run(["whoami", "--json"]);
    expect(outcome.code).toBe(1);
    expect(outcome.stdout).toContain("keychain_locked");
    const driver = await user.agent();
    const answer = await driver.call("ping");
    expect(failed(answer)).toBe(true);
    expect(JSON.stringify(answer)).toContain("is locked");
    expect(service.to("/authorize")).toHaveLength(1);
    expect(existsSync(join(user.folder, "state", "tokens"))).toBe(false);
  });
});

describe("a keychain that hangs [auth.keychain-faults-told]", () => {
  it("reports a keychain that hangs while the server keeps answering", async () => {
    const bus = await HungBus.start();
    stops.push(() => bus.stop());
    await begin(bus.env);
    await pretendSignedIn();
    const driver = await user.agent();
    const call = driver.call("ping");
    expect((await driver.request("ping")).result).toEqual({});
    const answer = await call;
    expect(failed(answer)).toBe(true);
    expect(JSON.stringify(answer)).toContain("3 seconds");
    expect(service.to("/authorize")).toEqual([]);
  });

  it("exits although the keychain hangs, and leaves no process behind", async () => {
    const bus = await HungBus.start();
    stops.push(() => bus.stop());
    await begin(bus.env);
    await pretendSignedIn();
    const driver = await user.agent();
    void driver.call("ping");
    await bus.connected();
    const children = await childrenOf(driver.child.pid ?? 0);
    const asked = Date.now();
    driver.child.kill("SIGTERM");
    await driver.exited;
    expect(Date.now() - asked).toBeLessThan(2_000);
    expect(children).not.toEqual([]);
    await expect.poll(() => running(children)).toEqual([]);
  });

  it("reports a hanging keychain in login, with a way out", async () => {
    const bus = await HungBus.start();
    stops.push(() => bus.stop());
    await begin(bus.env);
    const outcome = await user.run(["login"]);
    expect(outcome.code).toBe(1);
    expect(outcome.stderr).toContain("IMGWIRE_TOKEN_STORE=file");
    expect(service.to("/authorize")).toEqual([]);
  });
});

/**
 * The fields of a process's `/proc/<pid>/stat` from the third on: state, parent, …; undefined if it is gone.
 */
async function statOf(pid: string): Promise<string[] | undefined> {
  const line = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => undefined);
  return line?.slice(line.lastIndexOf(")") + 2).split(" ");
}

/** The child processes of a process, on Linux. */
async function childrenOf(parent: number): Promise<string[]> {
  const children: string[] = [];
  for (const pid of await readdir("/proc").catch(() => [])) {
    if (/^\d+$/.test(pid) && (await statOf(pid))?.[1] === String(parent)) children.push(pid);
  }
  return children;
}

/** The processes that are still running; a zombie has already exited. */
async function running(pids: string[]): Promise<string[]> {
  const states = await Promise.all(pids.map(async (pid) => (await statOf(pid))?.[0] ?? "Z"));
  return pids.filter((_, index) => states[index] !== "Z");
}
