import { chmod, link, mkdir, mkdtemp, readdir, rm, stat, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { fileStore } from "../../src/credentials/file.ts";
import { removeFolder } from "../support/folder.ts";

const ACCOUNT = "https://mcp.example/mcp";

let root: string;
let folder: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "imgwire-file-"));
  folder = join(root, "tokens");
});
afterEach(() => removeFolder(root));

async function mode(path: string): Promise<number> {
  return (await stat(path)).mode & 0o777;
}

async function file(): Promise<string> {
  const [name] = await readdir(folder);
  return join(folder, name ?? "");
}

describe.skipIf(process.platform === "win32")("the file store", () => {
  it("stores secrets separately, readable only by the user, and removes them", async () => {
    const store = fileStore(folder);
    expect(await store.read(ACCOUNT)).toBeUndefined();
    await store.write(ACCOUNT, "CANARY");
    expect(await fileStore(folder).read(ACCOUNT)).toBe("CANARY");
    expect(await store.read(`${ACCOUNT}/other`)).toBeUndefined();
    expect([await mode(folder), await mode(await file())]).toEqual([0o700, 0o600]);
    await store.remove(ACCOUNT);
    await store.remove(ACCOUNT);
    expect(await readdir(folder)).toEqual([]);
  });

  it("tightens loose permissions of token files and their folder", async () => {
    const store = fileStore(folder);
    await store.write(ACCOUNT, "CANARY");
    await chmod(folder, 0o755);
    await chmod(await file(), 0o644);
    expect(await store.read(ACCOUNT)).toBe("CANARY");
    expect([await mode(folder), await mode(await file())]).toEqual([0o700, 0o600]);
  });

  it("refuses to read or write a symbolic link in place of a token file", async () => {
    const store = fileStore(folder);
    await store.write(ACCOUNT, "CANARY");
    const path = await file();
    const elsewhere = join(root, "elsewhere");
    await writeFile(elsewhere, "not ours");
    await rm(path);
    await symlink(elsewhere, path);
    await expect(store.read(ACCOUNT)).rejects.toMatchObject({ code: "store_unsafe" });
    await expect(store.write(ACCOUNT, "CANARY")).rejects.toMatchObject({ code: "store_unsafe" });
  });

  it("refuses a symbolic link in place of the folder of token files", async () => {
    await mkdir(join(root, "elsewhere"));
    await symlink(join(root, "elsewhere"), folder);
    await expect(fileStore(folder).read(ACCOUNT)).rejects.toMatchObject({ code: "store_unsafe" });
    await expect(fileStore(folder).write(ACCOUNT, "CANARY")).rejects.toMatchObject({ code: "store_unsafe" });
    expect(await readdir(join(root, "elsewhere"))).toEqual([]);
  });

  it("refuses a token file with a second hard link", async () => {
    const store = fileStore(folder);
    await store.write(ACCOUNT, "CANARY");
    await link(await file(), join(root, "second"));
    await expect(store.read(ACCOUNT)).rejects.toMatchObject({ code: "store_unsafe" });
  });
});
