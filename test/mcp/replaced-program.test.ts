import { cpSync, mkdtempSync, readdirSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { StdioDriver } from "../../sandbox/client/stdio-driver.ts";
import { type Counterpart, startCounterpart } from "../../sandbox/counterpart/counterpart.ts";
import { removeFolder } from "../support/folder.ts";
import { baseEnv, ROOT } from "../support/program.ts";

let folder: string;
let hosted: Counterpart;
let driver: StdioDriver;

/** Starts the program from its own copy of the installation, which the tests can remove. */
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "imgwire-replaced-"));
  hosted = await startCounterpart("legacy");
  for (const name of ["bin", "dist", "skills", "package.json"])
    cpSync(join(ROOT, name), join(folder, name), { recursive: true });
  symlinkSync(join(ROOT, "node_modules"), join(folder, "node_modules"));
  const env = baseEnv({
    IMGWIRE_MCP_URL: hosted.url,
    IMGWIRE_CONFIG_DIR: join(folder, "config"),
    IMGWIRE_ACCESS_TOKEN: "CANARY-token"
  });
  driver = new StdioDriver({ args: [join(folder, "bin/imgwire-mcp.js")], env });
});
afterEach(async () => {
  await driver.kill();
  await hosted.close();
  await removeFolder(folder);
});

/** Removes the files of this version, as npm does when it installs another one. */
const update = (): void => rmSync(join(folder, "dist"), { recursive: true });
const UPDATED = /was updated or removed while it was running/;

it("says in every answer that needs a missing part that an update has removed it [system.replaced-program]", async () => {
  await driver.initialize();
  await driver.call("echo", { text: "open" });
  update();
  const answers = await Promise.all([
    driver.request("resources/list"),
    driver.request("resources/read", { uri: "skill://imgwire/SKILL.md" }),
    driver.request("skills/list"),
    driver.request("skills/get", { uri: "skill://imgwire/SKILL.md" })
  ]);
  for (const { error } of answers) {
    expect(error?.message).toMatch(UPDATED);
    expect(error?.message).toMatch(/restart/);
    expect(error?.message).not.toMatch(/\.cjs/);
  }
  const { result } = await driver.call("echo", { text: "loaded parts still work" });
  expect(JSON.stringify(result)).toContain("loaded parts still work");
});

it("exits with a message if an update removes it before its first line [system.replaced-program]", async () => {
  // As if it had loaded only its first file before the update.
  for (const name of readdirSync(join(folder, "dist")))
    if (name !== "main.cjs") rmSync(join(folder, "dist", name), { recursive: true });
  driver.send({ id: 1, method: "ping" });
  expect(await driver.exited).toBe(1);
  expect(driver.stderr).toMatch(UPDATED);
  expect(driver.stderr).not.toMatch(/\.cjs/);
});
