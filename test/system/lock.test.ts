import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import fs from "node:fs/promises";
import { syncBuiltinESMExports } from "node:module";
import {
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  utimesSync,
  watch,
  writeFileSync
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import timers from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { withLock } from "../../src/system/lock.ts";
import { thisSystem } from "../../src/system/temporary.ts";
import { removeFolder } from "../support/folder.ts";

let folder: string;
let lock: string;
let counter: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "lock-"));
  lock = join(folder, "the.lock");
  counter = join(folder, "counter");
  writeFileSync(counter, "0");
});
afterEach(() => removeFolder(folder));

function worker(rounds: number, ...more: string[]): ChildProcess {
  const script = join(import.meta.dirname, "lock.worker.ts");
  const args = ["--import", "tsx", script, lock, counter, String(rounds), ...more];
  return spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
}

describe("withLock", () => {
  it("lets only one process in at a time", async () => {
    const codes = await Promise.all(
      Array.from({ length: 4 }, async () => (await once(worker(25), "exit"))[0] as number)
    );
    expect(codes).toEqual([0, 0, 0, 0]);
    expect(readFileSync(counter, "utf8")).toBe("100");
    expect(readdirSync(folder)).toEqual(["counter"]);
  });

  it("frees a lock immediately if its holder was killed, and only one of many takes it over", async () => {
    const holder = worker(1, "die");
    await once(holder.stdout!, "data");
    holder.kill("SIGKILL");
    await once(holder, "exit");
    await Promise.all(
      Array.from({ length: 20 }, () =>
        withLock(lock, async () => {
          const value = Number(readFileSync(counter, "utf8"));
          await new Promise((resolve) => setImmediate(resolve));
          writeFileSync(counter, String(value + 1));
        })
      )
    );
    expect(readFileSync(counter, "utf8")).toBe("20");
    expect(readdirSync(folder)).toEqual(["counter"]);
  });

  it("frees a lock immediately whenever its holder is killed, even while it was taking the lock", async () => {
    for (let round = 0; round < 20; round += 1) {
      const holder = worker(1_000_000);
      // Each change in the folder is a step of taking or releasing the lock; the holder is killed after one.
      const watcher = watch(folder);
      for (let step = 0; step <= round; step += 1) await once(watcher, "change");
      holder.kill("SIGKILL");
      watcher.close();
      await once(holder, "exit");
      // Much less than the minute after which a lock without a heartbeat counts as dead.
      await expect(withLock(lock, () => Promise.resolve("in"), { timeoutMs: 10_000 })).resolves.toBe("in");
    }
  }, 120_000);

  it("waits for a living holder and then says which process it is", async () => {
    const holder = worker(1, "die");
    await once(holder.stdout!, "data");
    await expect(withLock(lock, () => Promise.resolve(), { timeoutMs: 50 })).rejects.toMatchObject({
      code: "lock_timeout",
      message: expect.stringContaining(`pid ${holder.pid}`) as string
    });
    holder.kill("SIGKILL");
    await once(holder, "exit");
  });

  it("waits for a lock as long as its holders change, since a moving queue isn't stuck [system.lock-queue]", async () => {
    let me = {};
    await withLock(lock, () => Promise.resolve((me = JSON.parse(readFileSync(lock, "utf8")) as object)));
    const holders = ["a", "b", "c", "d"].map((token) => JSON.stringify({ ...me, token }));
    writeFileSync(lock, holders[0]!);
    const waiting = withLock(lock, () => Promise.resolve("in"), { timeoutMs: 2_000 });
    for (const holder of holders.slice(1)) {
      await timers.setTimeout(1_000);
      writeFileSync(`${lock}.next`, holder);
      renameSync(`${lock}.next`, lock);
    }
    await fs.unlink(lock);
    await expect(waiting).resolves.toBe("in");
  });

  it("takes over from a holder in another container whose heartbeat has stopped", async () => {
    writeFileSync(
      lock,
      JSON.stringify({ token: "t", pid: process.pid, system: "elsewhere", startedAt: "1" })
    );
    await expect(withLock(lock, () => Promise.resolve(), { timeoutMs: 50 })).rejects.toThrow();
    utimesSync(lock, new Date(0), new Date(0));
    await expect(withLock(lock, () => Promise.resolve("in"))).resolves.toBe("in");
  });

  it("releases the lock if the action fails, and stops waiting when told to", async () => {
    await expect(withLock(lock, () => Promise.reject(new Error("boom")))).rejects.toThrow("boom");
    await withLock(lock, async () => {
      const signal = AbortSignal.abort(new Error("gone"));
      await expect(withLock(lock, () => Promise.resolve(), { signal })).rejects.toThrow("gone");
    });
    expect(readdirSync(folder)).toEqual(["counter"]);
  });
});

describe("a lock file that is in the way", () => {
  const { unlink } = fs;
  afterEach(() => {
    Object.assign(fs, { unlink });
    syncBuiltinESMExports();
  });

  it.each([
    "null",
    "5",
    "[]",
    "{}",
    "",
    '{"token": 5}',
    '{"token": "../../x", "pid": 1, "system": ""}',
    '{"token": null, "pid": null, "system": null}',
    "[".repeat(100_000)
  ])("takes over an old lock file with %.40j [system.lock]", async (content) => {
    writeFileSync(lock, content);
    await expect(withLock(lock, () => Promise.resolve(1), { timeoutMs: 100 })).rejects.toMatchObject({
      code: "lock_timeout"
    });
    utimesSync(lock, 0, 0);
    expect(await withLock(lock, () => Promise.resolve(1))).toBe(1);
    expect(readdirSync(folder)).toEqual(["counter"]);
  });

  it("takes over an old FIFO in place of a lock without blocking [system.lock]", async () => {
    execFileSync("mkfifo", [lock]);
    utimesSync(lock, 0, 0);
    expect(await withLock(lock, () => Promise.resolve(1))).toBe(1);
  });

  it.each(["EBUSY", "EPERM", "EACCES"])(
    "removes a lock later if %s blocks its removal [system.lock]",
    async (code) => {
      let failures = 3;
      Object.assign(fs, {
        unlink: (path: string) =>
          path === lock && failures-- > 0
            ? Promise.reject(Object.assign(new Error(code), { code }))
            : unlink(path)
      });
      syncBuiltinESMExports();
      expect(await withLock(lock, () => Promise.resolve(1))).toBe(1);
      expect(readdirSync(folder)).toEqual(["counter"]);
    }
  );

  it("doesn't fail or wait if its own lock can't be removed [system.lock]", async () => {
    let held = true;
    Object.assign(fs, {
      unlink: (path: string) =>
        path === lock && held
          ? Promise.reject(Object.assign(new Error("EBUSY"), { code: "EBUSY" }))
          : unlink(path)
    });
    syncBuiltinESMExports();
    expect(await withLock(lock, () => Promise.resolve(1))).toBe(1);
    expect(readdirSync(folder)).toContain("the.lock");
    held = false;
    expect(await withLock(lock, () => Promise.resolve(2), { timeoutMs: 1_000 })).toBe(2);
    expect(readdirSync(folder)).toEqual(["counter"]);
  });
});

describe("a lock on systems that don't tell when a process started, such as Windows and macOS", () => {
  const { readFile } = fs;
  const { setTimeout: delay } = timers;
  let onLongWait: () => void;

  beforeEach(() => {
    onLongWait = () => undefined;
    fs.readFile = ((path: string, ...rest: [BufferEncoding]) =>
      path.startsWith("/proc/")
        ? Promise.reject(new Error("no /proc"))
        : readFile(path, ...rest)) as typeof readFile;
    // Cuts the wait for a heartbeat short, after `onLongWait` has done what happens during it.
    timers.setTimeout = ((ms: number, ...rest: [undefined]) => {
      if (ms > 1_000) onLongWait();
      return delay(Math.min(ms, 20), ...rest);
    }) as typeof delay;
    syncBuiltinESMExports();
  });
  afterEach(() => {
    Object.assign(fs, { readFile });
    Object.assign(timers, { setTimeout: delay });
    syncBuiltinESMExports();
  });

  /** Leaves a lock of an ended process whose pid now belongs to a living one. */
  function leaveLock(ageMs: number): void {
    writeFileSync(lock, JSON.stringify({ token: "gone", pid: process.ppid, system: thisSystem() }));
    const at = new Date(Date.now() - ageMs);
    utimesSync(lock, at, at);
  }
  const take = (): Promise<string> => withLock(lock, () => Promise.resolve("taken"), { timeoutMs: 200 });

  it("treats a lock as dead without a heartbeat, whichever process has its pid [system.lock]", async () => {
    leaveLock(2 * 60 * 60_000);
    expect(await take()).toBe("taken");
  });

  it("treats a lock as alive while its heartbeat is fresh [system.lock]", async () => {
    leaveLock(30_000);
    await expect(take()).rejects.toMatchObject({ code: "lock_timeout" });
  });

  it("keeps a lock whose owner was only asleep and resumes its heartbeat [system.lock]", async () => {
    leaveLock(2 * 60 * 60_000);
    onLongWait = () => utimesSync(lock, new Date(), new Date());
    await expect(take()).rejects.toMatchObject({ code: "lock_timeout" });
  });
});

describe("a lock on Windows", () => {
  const { platform } = process;
  beforeEach(() => void Object.defineProperty(process, "platform", { value: "win32" }));
  afterEach(() => void Object.defineProperty(process, "platform", { value: platform }));

  it("keeps a living process's lock on Windows despite files below \\proc, which anyone could create [system.lock]", async () => {
    writeFileSync(lock, JSON.stringify({ token: "other", pid: process.ppid, system: thisSystem() }));
    const taking = withLock(lock, () => Promise.resolve("taken"), { timeoutMs: 200 });
    await expect(taking).rejects.toMatchObject({ code: "lock_timeout" });
  });
});
