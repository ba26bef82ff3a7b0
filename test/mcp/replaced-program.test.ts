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

/** Starts an installation of its own, which an update may take away. */
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

/** What npm does when it installs another version: the files of this one are gone. */
const update = (): void => rmSync(join(folder, "dist"), { recursive: true });
const SAID = /was updated or removed while it was running/;

it("says so in every answer that needs a part which an update has taken away [system.replaced-program]", async () => {
  await driver.initialize();
  await driver.call("echo", { text: "open" });
  update();
  const answers = await Promise.all([
    driver.request("prompts/get", { name: "image-audit" }),
    driver.request("prompts/list"),
    driver.request("resources/list"),
    driver.request("completion/complete", {
      ref: { type: "ref/prompt", name: "publish-docs" },
      argument: { name: "path", value: "" }
    })
  ]);
  for (const { error } of answers) {
    expect(error?.message).toMatch(SAID);
    expect(error?.message).toMatch(/restart/);
    expect(error?.message).not.toMatch(/\.cjs/);
  }
  const { result } = await driver.call("echo", { text: "what is loaded still works" });
  expect(JSON.stringify(result)).toContain("still works");
});

it("ends with a message when an update takes it away before its first line [system.replaced-program]", async () => {
  // As if it had loaded its first file, and no other one, before the update.
  for (const name of readdirSync(join(folder, "dist")))
    if (name !== "main.cjs") rmSync(join(folder, "dist", name), { recursive: true });
  driver.send({ id: 1, method: "ping" });
  expect(await driver.exited).toBe(1);
  expect(driver.stderr).toMatch(SAID);
  expect(driver.stderr).not.toMatch(/\.cjs/);
});
