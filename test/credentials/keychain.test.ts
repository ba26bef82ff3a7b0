import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { storeOpener } from "../../src/credentials/choose.ts";
import {
  type KeychainOptions,
  keychainStore,
  probeKeychain,
  SERVICE
} from "../../src/credentials/keychain.ts";
import { askKeychain } from "../../src/credentials/keychain-process.ts";
import { ImgwireError } from "../../src/errors.ts";
import { createLog } from "../../src/log.ts";
import { AFTER_CRASH, HAS_SECRET_SERVICE, HungBus, SecretService } from "../support/secret-service.ts";
import { removeFolder } from "../support/folder.ts";

const ACCOUNT = "https://mcp.example/mcp";

async function codeOf(action: Promise<unknown>): Promise<string | undefined> {
  const error: unknown = await action.then(
    () => undefined,
    (e: unknown) => e
  );
  return error instanceof ImgwireError ? error.code : undefined;
}

describe.runIf(HAS_SECRET_SERVICE)("a real Secret Service", { retry: AFTER_CRASH }, () => {
  let service: SecretService;
  const options = (more: Partial<KeychainOptions> = {}): KeychainOptions => ({
    env: service.env,
    platform: "linux",
    ...more
  });
  beforeEach(async () => {
    service = await SecretService.start();
  });
  afterEach(() => service.remove());

  it("stores, replaces and removes a secret in a real Secret Service", async () => {
    const store = keychainStore(options());
    expect(await store.read(ACCOUNT)).toBeUndefined();
    await store.write(ACCOUNT, "CANARY one");
    await store.write(ACCOUNT, "CANARY two");
    expect(await keychainStore(options()).read(ACCOUNT)).toBe("CANARY two");
    expect(await store.read("https://other.example/mcp")).toBeUndefined();
    await store.remove(ACCOUNT);
    await store.remove(ACCOUNT);
    expect(await store.read(ACCOUNT)).toBeUndefined();
  });

  it("finds the Secret Service without the D-Bus variable, which agents may not pass on", async () => {
    const env = { ...service.env, DBUS_SESSION_BUS_ADDRESS: undefined };
    await keychainStore(options({ env })).write(ACCOUNT, "CANARY");
    expect(await keychainStore(options()).read(ACCOUNT)).toBe("CANARY");
  });

  it("splits a secret that is larger than an item can be", async () => {
    const store = keychainStore(options({ maxItemChars: 1_200 }));
    const long = `CANARY ${"é0123456789".repeat(1_000)}`;
    await store.write(ACCOUNT, long);
    expect(await store.read(ACCOUNT)).toBe(long);
    const [own] = await askKeychain(SERVICE, [{ do: "read", account: ACCOUNT }], service.env);
    expect(own).toMatch(/^spread:[012]:\d+:[\w-]+$/);
    await store.write(ACCOUNT, "CANARY short");
    expect(await store.read(ACCOUNT)).toBe("CANARY short");
    await store.write(ACCOUNT, long);
    await store.remove(ACCOUNT);
    expect(await store.read(ACCOUNT)).toBeUndefined();
  });

  it.each([0, 1])(
    "keeps each item within the 2,560 bytes of Windows without splitting characters, at offset %i [credentials.windows-limit]",
    async (offset) => {
      const store = keychainStore(options({ platform: "win32" }));
      const long = `${"x".repeat(offset)}${"😀".repeat(5_000)}`;
      await store.write(ACCOUNT, long);
      expect(await store.read(ACCOUNT)).toBe(long);
      const head = "^spread:([012]):(\\d+)";
      const items = await askKeychain(SERVICE, [{ do: "read", account: ACCOUNT, head }], service.env);
      expect(items.length).toBeGreaterThan(8);
      for (const item of items) expect(Buffer.byteLength(item ?? "", "utf16le")).toBeLessThanOrEqual(2_560);
      await store.remove(ACCOUNT);
    }
  );

  it("refuses a secret too large for all items together, and keeps the stored one [credentials.windows-limit]", async () => {
    const store = keychainStore(options({ platform: "win32" }));
    await store.write(ACCOUNT, "CANARY small");
    await expect(store.write(ACCOUNT, "x".repeat(40_000))).rejects.toThrow("too large");
    expect(await store.read(ACCOUNT)).toBe("CANARY small");
    await store.remove(ACCOUNT);
  });

  it("returns either the old or the new secret, whole, to a concurrent reader [credentials.whole]", async () => {
    const store = keychainStore(options({ maxItemChars: 200 }));
    const secrets = ["a", "b", "c", "d"].map((letter) => `CANARY ${letter.repeat(1_000)}`);
    await store.write(ACCOUNT, secrets[0] ?? "");
    const writing = (async () => {
      for (const secret of secrets) await store.write(ACCOUNT, secret);
    })();
    const seen = await Promise.all(Array.from({ length: 4 }, () => store.read(ACCOUNT)));
    await writing;
    for (const secret of seen) expect(secrets).toContain(secret);
    expect(await store.read(ACCOUNT)).toBe(secrets.at(-1));
    await store.remove(ACCOUNT);
  });

  it("rereads a split secret if its head changes meanwhile, and never mixes two versions [credentials.whole]", async () => {
    const store = keychainStore(options({ maxItemChars: 200 }));
    await store.write(ACCOUNT, `CANARY ${"x".repeat(500)}`);
    const [own] = await askKeychain(SERVICE, [{ do: "read", account: ACCOUNT }], service.env);
    const [, slot] = /^spread:(\d)/.exec(own ?? "") ?? [];
    await askKeychain(
      SERVICE,
      [{ do: "write", account: `${ACCOUNT}#${slot}#1`, secret: "other:part" }],
      service.env
    );
    expect(await codeOf(store.read(ACCOUNT))).toBe("keychain_failed");
    const reading = store.read(ACCOUNT);
    await store.write(ACCOUNT, "CANARY mended");
    expect(await reading).toBe("CANARY mended");
    await store.remove(ACCOUNT);
  });

  it("removes the parts left by a writer that was killed before it wrote the head [credentials.whole]", async () => {
    const store = keychainStore(options({ maxItemChars: 200 }));
    const parts = [0, 1, 2].flatMap((slot) => [1, 7].map((part) => `${ACCOUNT}#${slot}#${part}`));
    const steps = (what: "read" | "write") =>
      parts.map((account) =>
        what === "read" ? { do: what, account } : { do: what, account, secret: "CANARY" }
      );
    await askKeychain(SERVICE, steps("write"), service.env);
    await store.remove(ACCOUNT);
    const left = await askKeychain(SERVICE, steps("read"), service.env);
    expect(left.every((secret) => secret === null)).toBe(true);
  });

  it("reports missing parts instead of returning half a secret", async () => {
    const store = keychainStore(options());
    await store.write(ACCOUNT, "spread:0:2:00000000-0000-4000-8000-000000000000");
    expect(await codeOf(store.read(ACCOUNT))).toBe("keychain_failed");
    await store.remove(ACCOUNT);
  });

  it("doesn't report a hanging keychain if the process that asks it starts slowly [credentials.slow-machine]", async () => {
    const folder = await mkdtemp(join(tmpdir(), "imgwire-slow-"));
    const slow = join(folder, "node");
    await writeFile(slow, `#!/bin/sh\nsleep 4\nexec '${process.execPath}' "$@"\n`, { mode: 0o755 });
    const { execPath } = process;
    try {
      process.execPath = slow;
      expect(await keychainStore(options()).read("https://slow.example/mcp")).toBeUndefined();
    } finally {
      process.execPath = execPath;
      await removeFolder(folder);
    }
  });

  it("probes a working keychain without an error", async () => {
    await expect(probeKeychain(options())).resolves.toBeUndefined();
  });

  it("doesn't treat a locked keychain as empty or replace it with a file", async () => {
    await keychainStore(options()).write(ACCOUNT, "CANARY");
    await service.lock();
    const stateDir = await mkdtemp(join(tmpdir(), "imgwire-locked-"));
    const open = storeOpener({
      ...options(),
      choice: "auto",
      stateDir,
      log: createLog("silent", () => undefined)
    });
    expect(await codeOf(keychainStore(options()).read(ACCOUNT))).toBe("keychain_locked");
    expect(await codeOf(keychainStore(options()).write(ACCOUNT, "x"))).toBe("keychain_locked");
    expect(await codeOf(open())).toBe("keychain_locked");
    await removeFolder(stateDir);
  });
});

describe("a missing keychain", () => {
  const env = { PATH: process.env["PATH"], DBUS_SESSION_BUS_ADDRESS: "unix:path=/nonexistent/bus" };
  let stateDir: string;
  beforeAll(async () => {
    stateDir = await mkdtemp(join(tmpdir(), "imgwire-nokeychain-"));
  });
  afterAll(() => removeFolder(stateDir));

  it("distinguishes a missing keychain from a locked one", async () => {
    expect(await codeOf(keychainStore({ env, platform: "linux" }).read(ACCOUNT))).toBe(
      "keychain_unavailable"
    );
  });

  it("falls back to a file for `auto` without a keychain, and says so once", async () => {
    const lines: string[] = [];
    const log = createLog("warn", (line) => lines.push(line));
    const open = storeOpener({ env, platform: "linux", choice: "auto", stateDir, log });
    expect((await open()).kind).toBe("file");
    expect((await open()).kind).toBe("file");
    expect(lines).toHaveLength(1);
    expect(lines[0]).toContain(stateDir);
  });

  it("reports an error for `keychain` without a keychain", async () => {
    const log = createLog("silent", () => undefined);
    const open = storeOpener({ env, platform: "linux", choice: "keychain", stateDir, log });
    expect(await codeOf((await open()).read(ACCOUNT))).toBe("keychain_unavailable");
  });
});

describe("a Node that is gone", () => {
  const { execPath } = process;
  afterEach(() => {
    process.execPath = execPath;
  });

  it("says so if no process can be started for the keychain, because Node was updated meanwhile", async () => {
    process.execPath = "/nonexistent/node";
    const reading = keychainStore({ env: {}, platform: "linux" }).read(ACCOUNT);
    await expect(reading).rejects.toMatchObject({
      code: "keychain_failed",
      message: "No process could be started for the keychain: spawn /nonexistent/node ENOENT.",
      hint: "Node may have been updated or removed. Restart the agent, or run the command again."
    });
  });
});

describe("a hanging D-Bus", () => {
  let bus: HungBus;
  afterEach(() => bus.stop());

  it("times out on a hanging D-Bus without blocking the process", async () => {
    bus = await HungBus.start();
    let ticks = 0;
    const timer = setInterval(() => ticks++, 50);
    const log = createLog("silent", () => undefined);
    const open = storeOpener({
      env: bus.env,
      platform: "linux",
      choice: "auto",
      stateDir: "/nonexistent",
      log
    });
    expect(await codeOf(open())).toBe("keychain_timeout");
    clearInterval(timer);
    expect(ticks).toBeGreaterThan(10);
  });
});
