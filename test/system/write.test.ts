import { execFileSync, spawnSync } from "node:child_process";
import fs, {
  chmodSync,
  chownSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync
} from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { sweep, temporaryPath } from "../../src/system/temporary.ts";
import { writeFileAtomic } from "../../src/system/write.ts";

const asRoot = process.getuid?.() === 0;
const unwritable = expect.objectContaining({ code: "file_unwritable" }) as Error;
const { closeSync, fsyncSync, openSync, renameSync, writeSync } = fs;
const originals = { closeSync, fsyncSync, openSync, renameSync, writeSync };
let folder: string;
let path: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "write-"));
  path = join(folder, "file");
});
afterEach(() => {
  Object.assign(fs, originals);
  syncBuiltinESMExports();
});

/** Replaces a function of node:fs for the writer. */
function inject<K extends keyof typeof originals>(
  name: K,
  replacement: (original: (typeof originals)[K]) => unknown
): void {
  Object.assign(fs, { [name]: replacement(originals[name]) });
  syncBuiltinESMExports();
}

function failure(code: string): Error {
  return Object.assign(new Error(`${code}: injected`), { code });
}

const leftovers = (): string[] => readdirSync(folder).filter((name) => name !== "file");

describe("writeFileAtomic", () => {
  it.each([0, 1, 2, 3, 7, 64, 4_095, 4_096, 4_097, 70_000])(
    "writes %i bytes completely, even if the system accepts them in pieces [system.whole-writes]",
    async (size) => {
      const data = Buffer.alloc(size, "é");
      for (const piece of [1, 3, 4_096, Math.max(1, size - 1)]) {
        if (size / piece > 5_000) continue;
        inject(
          "writeSync",
          (original) => (fd: number, bytes: Uint8Array, at: number) =>
            original(fd, bytes, at, Math.min(piece, bytes.length - at))
        );
        await writeFileAtomic(path, data);
        expect(readFileSync(path).equals(data)).toBe(true);
      }
      expect(leftovers()).toEqual([]);
    }
  );

  it("keeps the old file if the system fails after any number of bytes [system.whole-writes]", async () => {
    writeFileSync(path, "old");
    for (let taken = 0; taken < 40; taken += 1) {
      let left = taken;
      inject("writeSync", (original) => (fd: number, bytes: Uint8Array, at: number) => {
        const count = Math.min(left, bytes.length - at);
        if (count === 0) throw failure("ENOSPC");
        left -= count;
        return original(fd, bytes, at, count);
      });
      await expect(writeFileAtomic(path, "n".repeat(40))).rejects.toThrow("no space left");
      expect(readFileSync(path, "utf8")).toBe("old");
      expect(leftovers()).toEqual([]);
    }
  });

  it("doesn't trust a system that claims to have written more than it did [system.whole-writes]", async () => {
    writeFileSync(path, "old");
    inject(
      "writeSync",
      (original) => (fd: number, bytes: Uint8Array, at: number) => (
        original(fd, bytes, at, 1),
        bytes.length - at
      )
    );
    await expect(writeFileAtomic(path, "much more")).rejects.toThrow(unwritable);
    expect(readFileSync(path, "utf8")).toBe("old");
    expect(leftovers()).toEqual([]);
  });

  it.each(["openSync", "fsyncSync", "closeSync", "renameSync"] as const)(
    "keeps the old file if %s fails [system.whole-writes]",
    async (name) => {
      writeFileSync(path, "old");
      inject(name, (original) => (...args: unknown[]) => {
        if (name === "openSync" && args[1] !== "wx")
          return (original as (...args: unknown[]) => unknown)(...args);
        if (name === "closeSync") (original as (...args: unknown[]) => unknown)(...args);
        throw failure("EIO");
      });
      await expect(writeFileAtomic(path, "new")).rejects.toThrow("the disk reports an error");
      expect(readFileSync(path, "utf8")).toBe("old");
      expect(leftovers()).toEqual([]);
    }
  );

  it.each([
    ["ENOSPC", "no space left on the disk"],
    ["EDQUOT", "disk quota is used up"],
    ["EROFS", "the file system is read-only"],
    ["EACCES", "permission denied"],
    ["EPERM", "permission denied"],
    ["EMFILE", "too many files are open"],
    ["ENFILE", "too many files are open"],
    ["EISDIR", "it is a folder"],
    ["EFBIG", "larger than the system allows"],
    ["ENAMETOOLONG", "its name is too long"],
    ["EXDEV", "EXDEV"]
  ])("explains %s, that nothing changed, and what to do [system.write-errors]", async (code, sentence) => {
    inject("openSync", () => () => {
      throw failure(code);
    });
    const error = (await writeFileAtomic(path, "x").catch((thrown: unknown) => thrown)) as Error & {
      hint: string;
    };
    expect(error).toMatchObject({ code: "file_unwritable", cause: { code } });
    expect(error.message).toContain(sentence);
    expect(error.message).toContain(path);
    expect(error.message).toContain("unchanged");
    expect(error.hint).not.toBe("");
  });

  it.each(["a", "a/b"])(
    "names the file that is in place of the folder %s [system.write-errors]",
    async (name) => {
      writeFileSync(join(folder, "a"), "in the way");
      await expect(writeFileAtomic(join(folder, name, "file"), "x")).rejects.toThrow(
        `${join(folder, "a")} is a file where a folder should be`
      );
    }
  );

  it.each([0o444, 0o400, 0o000])(
    "refuses to replace a file of mode %o [system.write-errors]",
    async (mode) => {
      writeFileSync(path, "old");
      chmodSync(path, mode);
      await expect(writeFileAtomic(path, "new")).rejects.toThrow("it is read-only");
      chmodSync(path, 0o600);
      expect(readFileSync(path, "utf8")).toBe("old");
    }
  );

  it.each(["EBUSY", "EPERM", "EACCES"])(
    "retries a rename that is briefly blocked by %s [system.rename-retried]",
    async (code) => {
      let failures = 3;
      inject("renameSync", (original) => (from: string, to: string) => {
        if (failures-- > 0) throw failure(code);
        original(from, to);
      });
      await writeFileAtomic(path, "new");
      expect(readFileSync(path, "utf8")).toBe("new");
    }
  );

  it("says why a rename is permanently blocked [system.rename-retried]", async () => {
    writeFileSync(path, "old");
    inject("renameSync", () => () => {
      throw failure("EBUSY");
    });
    await expect(writeFileAtomic(path, "new")).rejects.toThrow("another program has it open");
    expect(readFileSync(path, "utf8")).toBe("old");
    expect(leftovers()).toEqual([]);
  });

  it.each([0o600, 0o640, 0o644, 0o755, 0o664])(
    "keeps mode %o of an existing file [system.mode-kept]",
    async (mode) => {
      writeFileSync(path, "old");
      chmodSync(path, mode);
      await writeFileAtomic(path, "new", { mode: 0o644 });
      expect(statSync(path).mode & 0o7777).toBe(mode);
    }
  );

  it.runIf(asRoot)("keeps the owner of an existing file [system.mode-kept]", async () => {
    writeFileSync(path, "old");
    chownSync(path, 12_345, 23_456);
    await writeFileAtomic(path, "new");
    expect(statSync(path)).toMatchObject({ uid: 12_345, gid: 23_456 });
  });

  it("creates files and folders that only the user can access [system.mode-kept]", async () => {
    await writeFileAtomic(join(folder, "a/b/file"), "x");
    expect(statSync(join(folder, "a/b/file")).mode & 0o777).toBe(0o600);
    expect(statSync(join(folder, "a/b")).mode & 0o777).toBe(0o700);
  });
});

describe("a symbolic link", () => {
  it.each([true, false])(
    "follows the user's own symbolic link and keeps it; its target exists: %s [system.links]",
    async (exists) => {
      mkdirSync(join(folder, "dotfiles"));
      if (exists) writeFileSync(join(folder, "dotfiles/real"), "old");
      symlinkSync("dotfiles/real", join(folder, "hop"));
      symlinkSync(join(folder, "hop"), path);
      await writeFileAtomic(path, "new");
      expect(lstatSync(path).isSymbolicLink()).toBe(true);
      expect(readFileSync(join(folder, "dotfiles/real"), "utf8")).toBe("new");
    }
  );

  it.each([
    [
      "the file",
      (project: string, outside: string) => symlinkSync(join(outside, "file"), join(project, "file"))
    ],
    [
      "the file, with a relative target",
      (project: string) => symlinkSync("../outside/file", join(project, "file"))
    ],
    [
      "the file, through another link",
      (project: string, outside: string) => {
        symlinkSync(join(outside, "file"), join(project, "hop"));
        symlinkSync("hop", join(project, "file"));
      }
    ],
    [
      "the file, to a missing target",
      (project: string, outside: string) => symlinkSync(join(outside, "none"), join(project, "file"))
    ]
  ])("never writes through a project's symbolic link that is %s [system.links]", async (_, link) => {
    const [project, outside] = [join(folder, "project"), join(folder, "outside")];
    mkdirSync(project);
    mkdirSync(outside);
    writeFileSync(join(outside, "file"), "old");
    link(project, outside);
    await expect(writeFileAtomic(join(project, "file"), "new", { within: project })).rejects.toMatchObject({
      code: "link_refused",
      message: expect.stringContaining(outside) as string
    });
    expect(readFileSync(join(outside, "file"), "utf8")).toBe("old");
    expect(readdirSync(outside)).toEqual(["file"]);
  });

  it("never writes through a project's symbolic link to a folder [system.links]", async () => {
    const [project, outside] = [join(folder, "project"), join(folder, "outside")];
    mkdirSync(project);
    mkdirSync(outside);
    symlinkSync(outside, join(project, ".vscode"));
    await expect(
      writeFileAtomic(join(project, ".vscode/mcp.json"), "new", { within: project })
    ).rejects.toMatchObject({ code: "link_refused" });
    expect(readdirSync(outside)).toEqual([]);
  });

  it("follows a symbolic link within the project, even if the project is reached through one [system.links]", async () => {
    const project = join(folder, "project");
    mkdirSync(project);
    symlinkSync("real", join(project, "file"));
    symlinkSync(project, join(folder, "way"));
    await writeFileAtomic(join(folder, "way/file"), "new", { within: join(folder, "way") });
    expect(readFileSync(join(project, "real"), "utf8")).toBe("new");
  });

  it("reports a loop of symbolic links [system.links]", async () => {
    symlinkSync(path, path);
    await expect(writeFileAtomic(path, "x")).rejects.toThrow("loop");
  });
});

describe.skipIf(process.platform === "win32")("a target that isn't a regular file", () => {
  const kinds: [string, (at: string) => unknown][] = [
    ["a FIFO", (at) => execFileSync("mkfifo", [at])],
    ["a folder", (at) => mkdirSync(at)]
  ];
  // Only root can create one.
  if (asRoot) kinds.push(["a device", (at) => execFileSync("mknod", [at, "c", "1", "3"])]);

  describe.each(kinds)("%s", (_, make) => {
    it.each([
      ["in its place", (at: string) => make(at)],
      [
        "behind a link",
        (at: string) => {
          make(join(folder, "elsewhere"));
          symlinkSync("elsewhere", at);
        }
      ]
    ])("never replaces %s [system.only-files-replaced]", async (_where, put) => {
      put(path);
      const before = statSync(path);
      await expect(writeFileAtomic(path, "x")).rejects.toEqual(unwritable);
      expect(statSync(path)).toMatchObject({ mode: before.mode, ino: before.ino, rdev: before.rdev });
    });
  });
});

describe("a process that is killed while it writes", () => {
  it("leaves the old file or the new one if it is killed while writing, and its leftovers are cleaned up [system.killed-writes]", () => {
    for (let at = 1; at <= 40; at += 1) {
      writeFileSync(path, "old");
      const worker = join(import.meta.dirname, "write.worker.ts");
      const { stdout } = spawnSync(process.execPath, [
        "--import",
        "tsx",
        worker,
        path,
        "CANARY-new",
        String(at)
      ]);
      expect(["old", "CANARY-new"]).toContain(readFileSync(path, "utf8"));
      sweep(folder);
      expect(leftovers()).toEqual([]);
      if (String(stdout) === "done") {
        expect(at).toBeGreaterThan(12);
        return;
      }
    }
    throw new Error("The worker never finished.");
  }, 120_000);

  it("keeps the temporary file of a process that is still writing until it is old [system.killed-writes]", () => {
    const own = temporaryPath(folder);
    const foreign = join(folder, ".imgwire-00000000-1-00000000.tmp");
    for (const each of [own, foreign]) writeFileSync(each, "x");
    sweep(folder);
    expect([own, foreign].map((each) => existsSync(each))).toEqual([true, true]);
    for (const each of [own, foreign]) utimesSync(each, 0, 0);
    sweep(folder);
    expect(leftovers()).toEqual([]);
  });
});

// Only root can mount a small disk.
describe.runIf(asRoot && process.platform === "linux")("a full disk", () => {
  let disk: string;
  beforeEach(() => {
    disk = join(folder, "disk");
    mkdirSync(disk);
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=128k", "tmpfs", disk]);
  });
  afterEach(() => void execFileSync("umount", [disk]));

  it("keeps every file whole on a full disk and says so [system.whole-writes]", async () => {
    const file = join(disk, "document");
    const before = "b".repeat(60_000);
    await writeFileAtomic(file, before);
    for (const size of [80_000, 142_901, 1_000_000]) {
      await expect(writeFileAtomic(file, "x".repeat(size))).rejects.toThrow("no space left on the disk");
      expect(readFileSync(file, "utf8")).toBe(before);
      expect(readdirSync(disk)).toEqual(["document"]);
    }
  });
});
