import { execFileSync } from "node:child_process";
import fs, { rename, symlink, link, mkdir, open, rm, truncate } from "node:fs/promises";
import { syncBuiltinESMExports } from "node:module";
import { createServer } from "node:net";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { inspect } from "../../src/transfer/inspect.ts";
import { openApproved } from "../../src/transfer/open.ts";
import { type PathPolicy, resolveRoots } from "../../src/transfer/roots.ts";
import { freshFolder, picture, put } from "./samples.ts";

let folder: Awaited<ReturnType<typeof freshFolder>>;
let policy: PathPolicy;

beforeEach(async () => {
  folder = await freshFolder();
  await mkdir(join(folder.path, "root"));
  await mkdir(join(folder.path, "outside"));
  policy = {
    uploadRoots: undefined,
    clientRoots: [],
    cwd: join(folder.path, "root"),
    home: "/nonexistent",
    temp: [],
    platform: process.platform
  };
});

afterEach(() => folder.remove());

function inRoot(name: string): string {
  return join(folder.path, "root", name);
}

async function opened(path: string, ask?: (folder: string) => Promise<boolean>): Promise<string> {
  const file = await openApproved(path, policy, ask);
  await file.handle.close();
  return file.path;
}

describe("the upload roots", () => {
  it("uses the client's roots, the working directory, home and temp, resolved, without whole file systems [transfer.upload-roots]", async () => {
    const { cwd } = policy;
    await symlink(cwd, join(folder.path, "alias"));
    const defaults = {
      ...policy,
      clientRoots: [join(folder.path, "alias"), "/"],
      home: "/",
      temp: [folder.path]
    };
    expect(await resolveRoots(defaults)).toEqual([cwd, folder.path]);
    expect(await resolveRoots({ ...defaults, uploadRoots: ["/"] })).toEqual(["/"]);
    const written = { ...policy, home: folder.path, uploadRoots: ["~/outside", ".", "~/missing"] };
    expect(await resolveRoots(written)).toEqual([join(folder.path, "outside"), cwd]);
  });

  it("accepts a file in the roots, even through .. or a link that stays inside [transfer.upload-roots]", async () => {
    const path = await put(folder.path, "root/a.png", await picture());
    await symlink(path, inRoot("link.png"));
    expect(await opened("sub/../a.png")).toBe(path);
    expect(await opened("link.png")).toBe(path);
  });

  it.each([
    { name: "a file outside", path: () => join(folder.path, "outside/a.png") },
    { name: "a path that leads out by ..", path: () => "../outside/a.png" },
    { name: "a link that leads out", path: () => "link.png" },
    { name: "a folder link that leads out", path: () => "linked/a.png" },
    { name: "a dot-folder", path: () => ".ssh/a.png" },
    { name: "a system file", path: () => "/etc/passwd" },
    { name: "the memory of a process", path: () => "/proc/self/environ" }
  ])("refuses to open $name [transfer.upload-roots]", async ({ path }) => {
    const outside = await put(folder.path, "outside/a.png", await picture());
    await put(folder.path, "root/.ssh/a.png", await picture());
    await symlink(outside, inRoot("link.png"));
    await symlink(join(folder.path, "outside"), inRoot("linked"));
    await expect(opened(path())).rejects.toMatchObject({
      code: "outside_roots",
      hint: expect.stringContaining("--upload-root") as string
    });
  });

  it("lists the paths tried if the file doesn't exist", async () => {
    policy = { ...policy, clientRoots: [join(folder.path, "outside")] };
    const error = await opened("img/a.png").catch((thrown: unknown) => thrown as Error);
    expect(error).toMatchObject({ code: "file_not_found" });
    expect((error as Error).message).toContain(join(folder.path, "outside/img/a.png"));
    expect((error as Error).message).toContain(inRoot("img/a.png"));
  });

  it("opens files in folders that the user allows, except hidden ones and files without an image extension [transfer.upload-roots]", async () => {
    const path = await put(folder.path, "outside/a.png", await picture());
    const asked: string[] = [];
    const ask = (allowed: boolean) => (question: string) => {
      asked.push(question);
      return Promise.resolve(allowed);
    };
    expect(await opened(path, ask(true))).toBe(path);
    await expect(opened(path, ask(false))).rejects.toMatchObject({ code: "outside_roots" });
    expect(asked).toEqual([join(folder.path, "outside"), join(folder.path, "outside")]);
    const hidden = await put(folder.path, "outside/.config/a.png", await picture());
    await expect(opened(hidden, ask(true))).rejects.toMatchObject({ code: "outside_roots" });
    await expect(opened("/etc/passwd", ask(true))).rejects.toMatchObject({ code: "outside_roots" });
    expect(asked).toHaveLength(2);
  });
});

describe("opening", () => {
  it.runIf(process.platform !== "win32")(
    "refuses a FIFO, a socket and a folder immediately [transfer.opened-descriptor]",
    async () => {
      execFileSync("mkfifo", [inRoot("fifo.png")]);
      const server = createServer().listen(inRoot("socket.png"));
      await mkdir(inRoot("folder.png"));
      policy = { ...policy, uploadRoots: ["/"] };
      for (const path of [inRoot("fifo.png"), inRoot("socket.png"), inRoot("folder.png"), "/dev/zero"]) {
        await expect(opened(path)).rejects.toMatchObject({ code: "not_a_file" });
      }
      await new Promise((resolve) => server.close(resolve));
    }
  );

  it.each([
    ["EBUSY", "another program has it open", "Close that program"],
    ["EACCES", "permission denied", "permissions"]
  ])("says why the system refuses to open a file: %s [transfer.refusal-told]", async (code, reason, hint) => {
    const path = await put(folder.path, "root/a.png", await picture());
    // syncBuiltinESMExports passes the replacement on to the program's own import.
    const original = fs.open;
    Object.assign(fs, { open: () => Promise.reject(Object.assign(new Error(code), { code })) });
    syncBuiltinESMExports();
    try {
      await expect(opened(path)).rejects.toMatchObject({
        code: "file_unreadable",
        message: expect.stringContaining(reason) as string,
        hint: expect.stringContaining(hint) as string
      });
    } finally {
      Object.assign(fs, { open: original });
      syncBuiltinESMExports();
    }
  });

  it("refuses a file with a second hard link [transfer.opened-descriptor]", async () => {
    const outside = await put(folder.path, "outside/a.png", await picture());
    await link(outside, inRoot("a.png"));
    await expect(opened("a.png")).rejects.toMatchObject({ code: "hard_link" });
  });

  it("never reads a file other than the one that was approved, however fast folders are swapped [transfer.opened-descriptor]", async () => {
    const good = await picture("png");
    await put(folder.path, "root/real/a.png", good);
    await put(folder.path, "outside/a.png", await picture("jpeg"));
    let swapping = true;
    // Pauses of varying length let a swap begin at any moment of the opening, or not at all.
    const pause = async (turns: number): Promise<void> => {
      for (let turn = 0; turn < turns; turn += 1) await new Promise((resolve) => setImmediate(resolve));
    };
    const swap = async (): Promise<void> => {
      for (let cycle = 0; swapping; cycle += 1) {
        await rename(inRoot("real"), inRoot("aside"));
        await symlink(join(folder.path, "outside"), inRoot("real"));
        await pause(cycle % 11);
        await rm(inRoot("real"));
        await rename(inRoot("aside"), inRoot("real"));
        await pause((cycle % 17) * 10);
      }
    };
    const swapper = swap();
    const seen = new Set<string>();
    for (let round = 0; round < 300; round += 1) {
      const file = await openApproved("real/a.png", policy).catch(
        (error: unknown) => error as { code: string }
      );
      if (!("handle" in file)) {
        seen.add(file.code);
        continue;
      }
      seen.add((await file.handle.readFile()).equals(good) ? "approved" : "another file");
      await file.handle.close();
    }
    swapping = false;
    await swapper;
    expect([...seen]).not.toContain("another file");
    expect([...seen]).toContain("approved");
    expect(seen.size).toBeGreaterThan(1);
  });
});

describe("inspection", () => {
  async function inspected(name: string) {
    const file = await openApproved(name, policy);
    return inspect(file).finally(() => file.handle.close());
  }

  it.each([
    ["png", "image/png"],
    ["jpeg", "image/jpeg"],
    ["webp", "image/webp"],
    ["avif", "image/avif"],
    ["gif", "image/gif"],
    ["tiff", "image/tiff"]
  ] as const)("recognises %s by its content", async (format, mimeType) => {
    await put(folder.path, "root/file", await picture(format));
    expect(await inspected("file")).toMatchObject({ mimeType, mismatch: undefined });
  });

  it.each([
    ["SVG", '<svg xmlns="http://www.w3.org/2000/svg"/>'],
    ["HTML", "<!doctype html><title>x</title>"],
    ["PEM", "-----BEGIN OPENSSH PRIVATE KEY-----\nCANARY\n"],
    ["a script", "#!/bin/sh\necho\n"],
    ["HEVC video", brands("hevc", "hevc").toString("latin1")]
  ])("refuses %s named .png", async (_, content) => {
    await put(folder.path, "root/a.png", Buffer.from(content, "latin1"));
    const error = await inspected("a.png").catch((thrown: unknown) => thrown as Error);
    expect(error).toMatchObject({ code: "not_an_image" });
    expect(JSON.stringify(error)).not.toContain("CANARY");
  });

  it("says that the extension doesn't match the type", async () => {
    await put(folder.path, "root/a.png", await picture("webp"));
    expect((await inspected("a.png")).mismatch).toContain("image/webp");
  });

  it("refuses an empty and a too large file without reading it", async () => {
    await put(folder.path, "root/empty.png", "");
    await expect(inspected("empty.png")).rejects.toMatchObject({ code: "file_empty" });
    await put(folder.path, "root/sparse.png", await picture());
    await truncate(inRoot("sparse.png"), 10 * 1024 ** 3);
    await expect(inspected("sparse.png")).rejects.toMatchObject({ code: "file_too_large" });
  });

  it("determines the type of an image with a large block of metadata", async () => {
    const png = await picture("png");
    const text = Buffer.alloc(100_000, "x");
    const chunk = Buffer.concat([Buffer.alloc(4), Buffer.from("tEXt"), text, Buffer.alloc(4)]);
    chunk.writeUInt32BE(text.length, 0);
    await put(folder.path, "root/a.png", Buffer.concat([png.subarray(0, 33), chunk, png.subarray(33)]));
    expect(await inspected("a.png")).toMatchObject({ mimeType: "image/png" });
  });

  it("notices a file that is changed while it is read [transfer.opened-descriptor]", async () => {
    await put(folder.path, "root/a.png", await picture());
    const file = await openApproved("a.png", policy);
    const writer = await open(file.path, "a");
    await writer.appendFile("more");
    await writer.close();
    await expect(inspect(file)).rejects.toMatchObject({ code: "file_changed" });
    await file.handle.close();
  });
});

/** The first box of a HEIF file (ISO/IEC 14496-12 section 4.3). */
function brands(major: string, ...compatible: string[]): Buffer {
  const box = Buffer.from(`....ftyp${major}\0\0\0\0${compatible.join("")}`, "latin1");
  box.writeUInt32BE(box.length, 0);
  return Buffer.concat([box, Buffer.alloc(64)]);
}
