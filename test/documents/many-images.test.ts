import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, realpathSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { LOCK_FILE, LockFile } from "../../src/documents/lock-file.ts";
import { publishDocuments } from "../../src/documents/publication.ts";
import { removeFolder } from "../support/folder.ts";

const IMAGES = 2_000;

let project: string;
beforeEach(() => {
  project = realpathSync(mkdtempSync(join(tmpdir(), "many-images-")));
  const names = Array.from({ length: IMAGES }, (_, at) => `${at}.png`);
  for (const name of names) writeFileSync(join(project, name), name);
  writeFileSync(join(project, "a.md"), names.map((name) => `![](${name})\n`).join(""));
});
afterEach(() => removeFolder(project));

/** Publishes the document. @returns how many images were uploaded */
async function publish(): Promise<number> {
  const sha256 = (path: string): string => createHash("sha256").update(readFileSync(path)).digest("hex");
  let sent = 0;
  await publishDocuments([join(project, "a.md")], {
    lock: LockFile.read(project),
    folders: { project, roots: [project] },
    inspect: (path) => Promise.resolve({ sha256: sha256(path) }),
    async upload(paths, tell) {
      for (const path of paths) {
        const digest = sha256(path);
        await tell({ path, sha256: digest, imageId: digest, cdnUrl: `https://cdn.example/${digest}` });
        sent += 1;
      }
    }
  });
  return sent;
}

/** The number of bytes that this process has written so far (proc(5), io). */
function written(): number {
  return Number(/wchar: (\d+)/.exec(readFileSync("/proc/self/io", "utf8"))?.[1]);
}

it.runIf(process.platform === "linux")(
  "writes the lock file only a few times for thousands of new images, and not at all in a second run [documents.lock-written-rarely]",
  async () => {
    const before = written();
    expect(await publish()).toBe(IMAGES);
    const size = statSync(join(project, LOCK_FILE)).size;
    expect(written() - before).toBeLessThan(12 * size);
    const { mtimeMs, ino } = statSync(join(project, LOCK_FILE));
    expect(await publish()).toBe(0);
    expect(statSync(join(project, LOCK_FILE))).toMatchObject({ mtimeMs, ino });
  }
);
