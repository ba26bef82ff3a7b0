import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { cpSync, mkdtempSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { removeFolder } from "../support/folder.ts";

const ROOT = join(import.meta.dirname, "../..");
const folder = mkdtempSync(join(tmpdir(), "reproducible-"));

afterAll(() => removeFolder(folder));

/**
 * Packs a copy of the tracked files, without `dist`, as npm does before it publishes.
 * @returns the tarball's SHA-256
 */
function packCleanCheckout(name: string): string {
  const checkout = join(folder, name);
  const files = execFileSync("git", ["ls-files", "-z"], { cwd: ROOT, encoding: "utf8" }).split("\0");
  for (const file of files.filter((each) => each !== "" && !each.startsWith("test/")))
    cpSync(join(ROOT, file), join(checkout, file));
  // Hard links are quick to create and, unlike a symbolic link, leave a real folder inside the checkout.
  execFileSync("cp", ["-RlP", join(ROOT, "node_modules"), join(checkout, "node_modules")]);
  const output = execFileSync("npm", ["pack", "--silent"], { cwd: checkout, encoding: "utf8" });
  const tarball = readFileSync(join(checkout, output.trim().split("\n").at(-1)!));
  const names = execFileSync("tar", ["-tzf", "-"], { input: tarball, encoding: "utf8" });
  expect(names).toContain("package/dist/main.cjs");
  return createHash("sha256").update(tarball).digest("hex");
}

it(
  "packs the same bytes from clean checkouts in different folders [release.reproducible]",
  { timeout: 180_000 },
  () => {
    expect(packCleanCheckout("one/deeper")).toBe(packCleanCheckout("two"));
  }
);
