import { mkdtempSync, realpathSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, it } from "vitest";
import { removeFolder } from "../support/folder.ts";
import { baseEnv, imgwire } from "../support/program.ts";

const folder = realpathSync(mkdtempSync(join(tmpdir(), "roots-")));
afterEach(() => removeFolder(folder));

it("adds, lists and removes folders that uploads may always read from [cli.roots]", async () => {
  const env = baseEnv({ IMGWIRE_CONFIG_DIR: join(folder, "config") });
  const run = (...args: string[]) => imgwire(["roots", ...args, "--json"], env, "", folder);
  expect((await run("add", "missing")).code).toBe(1);
  expect((await run("add", ".")).code).toBe(0);
  expect(JSON.parse((await run("list")).stdout)).toEqual({ roots: [folder] });
  expect((await run("remove", folder)).code).toBe(0);
  expect(JSON.parse((await run("list")).stdout)).toEqual({ roots: [] });
  expect((await run("remove", folder)).code).toBe(1);
});
