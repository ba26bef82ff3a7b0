import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { afterEach, beforeEach, expect, it } from "vitest";
import { Inspections } from "../../src/transfer/inspections.ts";
import { freshFolder, picture, put } from "./samples.ts";

let folder: Awaited<ReturnType<typeof freshFolder>>;

beforeEach(async () => {
  folder = await freshFolder();
});

afterEach(() => folder.remove());

/** The inspections as a new process loads them from the cache. */
function inspections(clientRoots = [folder.path]): Inspections {
  const policy = { clientRoots, cwd: "/nonexistent", home: "/nonexistent", temp: [], uploadRoots: undefined };
  return new Inspections(join(folder.path, "cache.json"), {
    policy: { ...policy, platform: process.platform },
    signal: new AbortController().signal
  });
}

/** Replaces every remembered sum, so that a file which isn't read again can be recognized by it. */
async function forge(): Promise<void> {
  const path = join(folder.path, "cache.json");
  const text = await readFile(path, "utf8");
  await writeFile(path, text.replace(/"sha256":"[0-9a-f]{64}"/g, '"sha256":"remembered"'));
}

/** Inspects a file as a new process does, after waiting until its last change is old enough to be trusted. */
async function inspected(path: string): Promise<string> {
  await delay(50);
  const each = inspections();
  const { sha256 } = await each.inspect(path);
  await each.save();
  return sha256;
}

it("reads only files that have changed [transfer.unchanged-not-read]", async () => {
  const path = await put(folder.path, "a.png", await picture("png"));
  const first = await inspected(path);
  await forge();
  expect(await inspected(path)).toBe("remembered");
  await writeFile(path, await readFile(path));
  expect(await inspected(path)).toBe(first);
});

it("doesn't trust the timestamps of a file that has only just changed [transfer.unchanged-not-read]", async () => {
  const path = await put(folder.path, "a.png", await picture("png"));
  const each = inspections();
  await each.inspect(path);
  await each.save();
  expect(await readFile(join(folder.path, "cache.json"), "utf8")).toBe("{}");
});

it("refuses a remembered file that may no longer be read [transfer.unchanged-not-read]", async () => {
  const path = await put(folder.path, "in/a.png", await picture("png"));
  await inspected(path);
  await expect(inspections([join(folder.path, "out")]).inspect(path)).rejects.toMatchObject({
    code: "outside_roots"
  });
});

it.each(["", "{", "[1]", '{"a": 1}', '{"a": ["x", 1, {}]}'])(
  "treats a damaged cache as empty: %j [transfer.unchanged-not-read]",
  async (text) => {
    const path = await put(folder.path, "a.png", await picture("png"));
    await put(folder.path, "cache.json", text.replace('"a"', JSON.stringify(path)));
    expect(await inspected(path)).toMatch(/^[0-9a-f]{64}$/);
  }
);
