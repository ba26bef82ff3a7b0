import { chmod, mkdir, readdir, rename, stat, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { failed } from "../../support/login.ts";
import { ScriptedWorld } from "../../support/scripted-world.ts";

let world: ScriptedWorld;
afterEach(() => world.stop());

/** The only file in the file store. */
async function tokenFile(): Promise<string> {
  const folder = join(world.user.folder, "state", "tokens");
  const [name] = await readdir(folder);
  return join(folder, name ?? "");
}

describe.skipIf(process.platform === "win32")("a changed token file", () => {
  it("tightens the permissions of a token file that others can access [auth.credential-files]", async () => {
    world = await ScriptedWorld.start();
    await world.user.run(["login"]);
    const file = await tokenFile();
    await chmod(file, 0o666);
    await chmod(join(world.user.folder, "state", "tokens"), 0o777);
    const driver = await world.agent();
    expect(failed(await driver.call("ping"))).toBe(false);
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect((await stat(join(world.user.folder, "state", "tokens"))).mode & 0o777).toBe(0o700);
  });

  it("refuses a token folder that is a link, and doesn't report being signed out [auth.credential-files]", async () => {
    world = await ScriptedWorld.start();
    await world.user.run(["login"]);
    const folder = join(world.user.folder, "state", "tokens");
    await mkdir(join(world.user.folder, "elsewhere"));
    await rename(folder, join(world.user.folder, "elsewhere", "tokens"));
    await symlink(join(world.user.folder, "elsewhere", "tokens"), folder);
    const outcome = await world.user.run(["whoami", "--json"]);
    expect(outcome.code).toBe(1);
    expect(outcome.stdout).toContain("store_unsafe");
    expect(world.grants("authorization_code")).toBe(1);
  });
});

describe("a damaged index", () => {
  it("sets a damaged index aside and finds the sign-in in the store [auth.credential-files]", async () => {
    world = await ScriptedWorld.start();
    await world.user.run(["login"]);
    const index = join(world.user.folder, "state", "accounts.json");
    await writeFile(index, '{"version":1,"accou');
    const driver = await world.agent();
    expect(failed(await driver.call("ping"))).toBe(false);
    expect(world.grants("authorization_code")).toBe(1);
    expect((await world.user.run(["logout"])).code).toBe(0);
    expect(await readdir(join(world.user.folder, "state", "tokens"))).toEqual([]);
  });
});
