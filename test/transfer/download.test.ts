import { lstat, readdir, readFile, symlink } from "node:fs/promises";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { ZipFile } from "yazl";
import { createHttp, type Http } from "../../src/system/http.ts";
import { download, type DownloadOptions } from "../../src/transfer/download.ts";
import { prepareFolder } from "../../src/transfer/folder.ts";
import type { DownloadService } from "../../src/transfer/service.ts";
import { freshFolder, picture, put } from "./samples.ts";
import { startStorage, type Storage } from "./storage.ts";

let storage: Storage;
let http: Http;
let folder: Awaited<ReturnType<typeof freshFolder>>;

beforeEach(async () => {
  storage = await startStorage();
  http = createHttp({}, true);
  folder = await freshFolder();
});

afterEach(async () => {
  vi.useRealTimers();
  await http.close();
  await storage.close();
  await folder.remove();
});

interface Packed {
  name: string;
  bytes: Buffer;
  mode?: number;
}

/** A ZIP with names that no honest program writes. */
async function zipOf(...files: Packed[]): Promise<Buffer> {
  const zip = new ZipFile();
  const renames: [string, string][] = [];
  for (const [index, { name, bytes, mode = 0o100644 }] of files.entries()) {
    const honest = `${String(index).padStart(2, "0")}${"n".repeat(Buffer.byteLength(name) - 2)}`;
    renames.push([honest, name]);
    zip.addBuffer(bytes, honest, { mode, compress: false });
  }
  zip.end();
  const packed = await buffer(zip.outputStream);
  for (const [honest, name] of renames) {
    for (let at = packed.indexOf(honest); at >= 0; at = packed.indexOf(honest, at)) packed.write(name, at);
  }
  return packed;
}

function service(...statuses: string[]): DownloadService {
  const next = () => {
    const status = statuses.length > 1 ? statuses.shift() : statuses[0];
    const downloadUrl = status === "READY" ? new URL("/job.zip", storage.url) : undefined;
    return Promise.resolve({ id: "job", status: status ?? "", downloadUrl });
  };
  return { create: next, retrieve: next };
}

async function fetched(
  count: number,
  more: Partial<DownloadOptions & { overwrite: boolean }> = {}
): Promise<string[]> {
  const images = await download(
    Array(count).fill("id") as string[],
    { folder: folder.path, overwrite: more.overwrite === true },
    {
      service: service("READY"),
      http: () => Promise.resolve(http),
      signal: new AbortController().signal,
      ...more
    }
  );
  return images.map(({ path }) => path.slice(folder.path.length + 1));
}

describe("a download", () => {
  it("saves the images in the folder and leaves nothing else there", async () => {
    const [png, jpeg] = [await picture("png"), await picture("jpeg")];
    storage.files.set("/job.zip", await zipOf({ name: "a.png", bytes: png }, { name: "b.jpg", bytes: jpeg }));
    expect(await fetched(2, { service: service("PENDING", "PROCESSING", "READY") })).toEqual([
      "a.png",
      "b.jpg"
    ]);
    expect(await readdir(folder.path)).toEqual(["a.png", "b.jpg"]);
    expect(await readFile(join(folder.path, "a.png"))).toEqual(png);
  });

  it.each([
    ["a/b/evil.png", "evil.png"],
    ["a\\evil.png", "evil.png"],
    [".bashrc", "bashrc.png"],
    ["package.json", "package.json.png"],
    ["con.png", "_con.png"],
    ["a\u202egpj.png", "a_gpj.png"],
    ["....", "image.png"],
    ["photo.PNG", "photo.PNG"],
    ["\u200b.x.png", "x.png"],
    [".\u202e.x.png", "x.png"],
    [`${"a".repeat(10)}.${"b".repeat(53)}.png`, `${"b".repeat(53)}.png`],
    ["..x..png", "x..png"]
  ])("saves an image named %j as %j", async (name, place) => {
    storage.files.set("/job.zip", await zipOf({ name, bytes: await picture() }));
    expect(await fetched(1)).toEqual([place]);
    expect(await readdir(folder.path)).toEqual([place]);
  });

  it("saves images apart whose names differ only in folder or case", async () => {
    const bytes = await picture();
    storage.files.set("/job.zip", await zipOf({ name: "a/x.png", bytes }, { name: "b/X.PNG", bytes }));
    expect(await fetched(2)).toEqual(["x.png", "X (2).PNG"]);
  });

  it.each(["../../evil.png", "/etc/evil.png", "..\\..\\evil.png", "C:\\evil.png", "C:evil.png"])(
    "refuses an archive with a file named %j",
    async (name) => {
      storage.files.set("/job.zip", await zipOf({ name, bytes: await picture() }));
      await expect(fetched(1)).rejects.toMatchObject({ code: "archive_refused" });
      expect(await readdir(folder.path)).toEqual([]);
    }
  );

  it.each<{ name: string; files: () => Promise<Packed[]> }>([
    {
      name: "a link",
      files: () => Promise.resolve([{ name: "a.png", bytes: Buffer.from("/etc"), mode: 0o120777 }])
    },
    {
      name: "a file that isn't an image",
      files: () => Promise.resolve([{ name: "a.png", bytes: Buffer.from("#!/bin/sh") }])
    },
    {
      name: "more files than requested",
      files: async () => [
        { name: "a.png", bytes: await picture() },
        { name: "b.png", bytes: await picture() }
      ]
    }
  ])("refuses an archive with $name and saves nothing", async ({ files }) => {
    storage.files.set("/job.zip", await zipOf(...(await files())));
    await expect(fetched(1)).rejects.toMatchObject({ code: "archive_refused" });
    expect(await readdir(folder.path)).toEqual([]);
  });

  it.each([
    ".x.png",
    "..x.png",
    " .x.png",
    "a/.x.png",
    "_.x.png",
    "\u202e.x.png",
    ".png",
    `.${"x".repeat(70)}.png`
  ])("gives %j a name that hides no file [transfer.visible-names]", async (name) => {
    storage.files.set("/job.zip", await zipOf({ name, bytes: await picture() }));
    await fetched(1);
    const [saved = ""] = await readdir(folder.path);
    expect(saved).toMatch(/^[^.\s].*\.png$/);
  });

  it("counts folders as entries, and refuses an archive with nothing else [transfer.archive-bounded]", async () => {
    const zip = new ZipFile();
    for (let index = 0; index < 200; index++) zip.addEmptyDirectory(`folder-${index}/`);
    zip.addBuffer(await picture(), "a.png");
    zip.end();
    storage.files.set("/job.zip", await buffer(zip.outputStream));
    await expect(fetched(1)).rejects.toMatchObject({ code: "archive_refused" });
  });

  it("refuses a ZIP bomb by its declared and by its actual size", async () => {
    const zip = new ZipFile();
    zip.addBuffer(Buffer.alloc(110 * 1024 * 1024), "a.png", { compress: true });
    zip.end();
    const bomb = await buffer(zip.outputStream);
    storage.files.set("/job.zip", bomb);
    await expect(fetched(1)).rejects.toMatchObject({ code: "archive_refused" });
    const central = bomb.lastIndexOf(Buffer.from("PK\u0001\u0002", "latin1"));
    bomb.writeUInt32LE(1000, central + 24);
    await expect(fetched(1)).rejects.toMatchObject({ code: "archive_refused" });
  });

  it("overwrites only when told to, and never writes through a link", async () => {
    const bytes = await picture();
    storage.files.set("/job.zip", await zipOf({ name: "a.png", bytes }, { name: "b.png", bytes }));
    await put(folder.path, "b.png", "mine");
    await expect(fetched(2)).rejects.toMatchObject({ code: "file_exists" });
    expect(await readdir(folder.path)).toEqual(["b.png"]);

    const target = await put(folder.path, "elsewhere", "mine");
    await symlink(target, join(folder.path, "a.png"));
    expect(await fetched(2, { overwrite: true })).toEqual(["a.png", "b.png"]);
    expect(await readFile(target, "utf8")).toBe("mine");
    expect((await lstat(join(folder.path, "a.png"))).isFile()).toBe(true);
  });

  it("reports a job that failed, and one that takes too long", async () => {
    await expect(fetched(1, { service: service("PENDING", "FAILED") })).rejects.toMatchObject({
      code: "download_failed"
    });
    vi.useFakeTimers({ toFake: ["Date"] });
    const pending = service("PENDING");
    const slow: DownloadService = {
      create: (ids) => pending.create(ids),
      retrieve: (id) => {
        vi.setSystemTime(Date.now() + 10 * 60_000 + 1);
        return pending.retrieve(id);
      }
    };
    await expect(fetched(1, { service: slow })).rejects.toMatchObject({ code: "download_not_ready" });
  });
});

describe("the destination", () => {
  const policyAt = (cwd: string) => ({
    uploadRoots: undefined,
    clientRoots: [],
    cwd,
    home: "/nonexistent",
    temp: [],
    platform: process.platform
  });

  it("creates the download folder below the roots", async () => {
    expect(await prepareFolder("new/deep", policyAt(folder.path))).toBe(join(folder.path, "new/deep"));
    expect((await lstat(join(folder.path, "new/deep"))).isDirectory()).toBe(true);
  });

  it("refuses a download folder outside the roots, in hidden folders, or in place of a file", async () => {
    await put(folder.path, "root/file", "x");
    await symlink(folder.path, join(folder.path, "root/link"));
    const policy = policyAt(join(folder.path, "root"));
    for (const path of ["..", "../other", "/etc/new", "link", "link/new", ".ssh"]) {
      await expect(prepareFolder(path, policy)).rejects.toMatchObject({ code: "outside_roots" });
    }
    await expect(prepareFolder("..", policy)).rejects.toThrow("Nothing was written.");
    await expect(prepareFolder("file", policy)).rejects.toMatchObject({ code: "not_a_folder" });
    expect(await readdir(folder.path)).toEqual(["root"]);
  });
});
