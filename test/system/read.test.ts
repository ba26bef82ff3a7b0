import { execFileSync } from "node:child_process";
import fs, { linkSync, mkdtempSync, mkdirSync, symlinkSync, truncateSync, writeFileSync } from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { readJsonFile, readTextFile } from "../../src/system/read.ts";

let folder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "read-"));
  path = join(folder, "file.json");
});

const deep = (levels: number): string => "[".repeat(levels) + "]".repeat(levels);

describe("readJsonFile", () => {
  it.each([
    ["null", null],
    ["\uFEFF{}", {}],
    ["  [1]\n", [1]],
    [deep(200), JSON.parse(deep(200))],
    [`["${"[".repeat(5_000)}\\"{{"]`, [`${"[".repeat(5_000)}"{{`]]
  ])("reads %.20s [system.read-door]", (content, value) => {
    writeFileSync(path, content);
    expect(readJsonFile(path)).toEqual(value);
  });

  it("returns undefined for a file that doesn't exist, even below another file [system.read-door]", () => {
    writeFileSync(path, "1");
    expect(readJsonFile(join(folder, "none"))).toBeUndefined();
    expect(readJsonFile(join(path, "none"))).toBeUndefined();
  });

  it.each([
    ["an empty file", "", "file_invalid"],
    ["a cut file", '{"a": ', "file_invalid"],
    ["UTF-16", Buffer.from("\uFEFF{}", "utf16le"), "file_invalid"],
    ["201 levels", deep(201), "file_refused"],
    ["a million levels", "[".repeat(1_000_000), "file_refused"],
    ["a million levels of objects", '{"":'.repeat(1_000_000), "file_refused"]
  ])("refuses %s and names the file without quoting it [system.read-door]", (_, content, code) => {
    writeFileSync(path, content);
    expect(() => readJsonFile(path)).toThrow(expect.objectContaining({ code }));
    expect(() => readJsonFile(path)).toThrow(path);
  });

  it("doesn't quote what it can't parse, because a link may lead to a secret [system.read-door]", () => {
    writeFileSync(path, "CANARY-secret");
    expect(() => readJsonFile(path)).not.toThrow(/CANARY/);
    expect(() => readJsonFile(path)).toThrow("is not valid JSON");
  });
});

describe.skipIf(process.platform === "win32")("readTextFile", () => {
  it.each([
    ["a FIFO", (at: string) => execFileSync("mkfifo", [at])],
    [
      "a link to a FIFO",
      (at: string) => (execFileSync("mkfifo", [`${at}.fifo`]), symlinkSync(`${at}.fifo`, at))
    ],
    ["a device that never ends", (at: string) => symlinkSync("/dev/zero", at)],
    ["a terminal", (at: string) => symlinkSync("/dev/tty", at)],
    ["a folder", (at: string) => mkdirSync(at)],
    ["a circle of links", (at: string) => symlinkSync(at, at)],
    ["a sparse terabyte", (at: string) => (writeFileSync(at, ""), truncateSync(at, 2 ** 40))],
    ["more than the limit", (at: string) => writeFileSync(at, Buffer.alloc(8 * 1024 * 1024 + 1, "a"))]
  ])("refuses to read %s [system.read-door]", (_, make) => {
    make(path);
    expect(() => readTextFile(path)).toThrow(
      expect.objectContaining({ code: expect.stringMatching(/^file_(refused|unreadable)$/) as string })
    );
  });

  it("refuses to read a socket [system.read-door]", async () => {
    const server = createServer().listen(path);
    await new Promise((resolve) => server.once("listening", resolve));
    expect(() => readTextFile(path)).toThrow("is a socket");
    server.close();
  });

  it("reads a file as large as the limit, and follows a link to one that isn't private [system.read-door]", () => {
    const content = "a".repeat(8 * 1024 * 1024);
    writeFileSync(path, content);
    symlinkSync(path, join(folder, "link"));
    expect(readTextFile(join(folder, "link"))).toBe(content);
  });

  it.each([
    ["a symbolic link", (from: string, at: string) => symlinkSync(from, at)],
    ["a hard link", (from: string, at: string) => linkSync(from, at)]
  ])("refuses to read private content from %s [system.read-door]", (_, link) => {
    writeFileSync(`${path}.other`, "x");
    link(`${path}.other`, path);
    expect(() => readTextFile(path, { private: true })).toThrow(
      expect.objectContaining({ code: "file_refused" })
    );
  });
});

describe("a file that another program holds, such as a virus scanner on Windows", () => {
  const { openSync, statSync } = fs;
  const { platform } = process;
  afterEach(() => {
    Object.assign(fs, { openSync, statSync });
    syncBuiltinESMExports();
    Object.defineProperty(process, "platform", { value: platform });
  });

  /** Makes this function fail for the file that many times. @returns a function that counts the attempts */
  function hold(name: "openSync" | "statSync", code: string, failures: number): () => number {
    let tries = 0;
    const original = { openSync, statSync }[name] as (...args: unknown[]) => unknown;
    const held = (at: string, ...rest: unknown[]): unknown => {
      if (at === path && tries++ < failures) throw Object.assign(new Error(code), { code });
      return original(at, ...rest);
    };
    Object.assign(fs, { [name]: held });
    syncBuiltinESMExports();
    return () => tries;
  }

  it.each([
    ["openSync", "EBUSY", "linux"],
    ["openSync", "EBUSY", "win32"],
    ["openSync", "EPERM", "win32"],
    ["openSync", "EACCES", "win32"],
    ["statSync", "EPERM", "win32"]
  ] as const)(
    "retries %s after %s on %s until the file can be read [system.read-retried]",
    (name, code, on) => {
      Object.defineProperty(process, "platform", { value: on });
      writeFileSync(path, "[1]");
      hold(name, code, 3);
      expect(readJsonFile(path)).toEqual([1]);
    }
  );

  it("reports that another program has the file open if it stays open [system.read-retried]", () => {
    writeFileSync(path, "[1]");
    hold("openSync", "EBUSY", Infinity);
    expect(() => readJsonFile(path)).toThrow("another program has it open");
  });

  it("doesn't retry a read without permission on Linux [system.read-retried]", () => {
    Object.defineProperty(process, "platform", { value: "linux" });
    writeFileSync(path, "[1]");
    const tries = hold("openSync", "EACCES", Infinity);
    expect(() => readJsonFile(path)).toThrow("permission denied");
    expect(tries()).toBe(1);
  });
});
