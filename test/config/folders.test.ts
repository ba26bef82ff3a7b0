import { spawnSync } from "node:child_process";
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  statSync,
  utimesSync,
  writeFileSync
} from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { temporaryPath } from "../../src/system/temporary.ts";
import { removeFolder } from "../support/folder.ts";
import { baseEnv, bin, imgwire, type Outcome } from "../support/program.ts";

let root: string;
let folders: Record<"config" | "state" | "cache" | "tokens" | "installed", string>;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "folders-"));
  const config = join(root, "config");
  const state = join(config, "state");
  const parts = { tokens: join(state, "tokens"), installed: join(state, "installed") };
  folders = { config, state, cache: join(config, "cache"), ...parts };
  for (const folder of Object.values(folders)) mkdirSync(folder, { recursive: true, mode: 0o700 });
});
afterEach(() => removeFolder(root));

const env = () => baseEnv({ IMGWIRE_CONFIG_DIR: folders.config, IMGWIRE_MCP_URL: "http://127.0.0.1:9/mcp" });
const run = (): Promise<Outcome> => imgwire(["config", "list", "--json"], env());
const modeOf = (path: string): number => statSync(path).mode & 0o7777;

describe.skipIf(process.platform === "win32")("the program's own folders", () => {
  it.each([
    ["config", "777", "755"],
    ["config", "757", "755"],
    ["state", "777", "755"],
    ["cache", "707", "705"],
    ["state", "702", "700"],
    ["state", "700", "700"],
    ["config", "755", "755"]
  ] as const)(
    "changes the mode of the %s folder from %s to %s [config.own-folders]",
    async (name, before, after) => {
      chmodSync(folders[name], parseInt(before, 8));
      expect((await run()).code).toBe(0);
      expect(modeOf(folders[name]).toString(8)).toBe(after);
    }
  );

  it("refuses world-writable folders without changing their permissions [config.own-folders]", async () => {
    chmodSync(folders.state, 0o1777);
    const outcome = await run();
    expect(outcome.code).toBe(1);
    expect(JSON.parse(outcome.stdout)).toMatchObject({ error: { code: "folder_unsafe" } });
    expect(outcome.stdout).toContain(folders.state);
    expect(modeOf(folders.state)).toBe(0o1777);
  });

  it.runIf(process.getuid?.() === 0).each(["config", "state", "cache"] as const)(
    "refuses a %s folder that belongs to another user [config.own-folders]",
    async (name) => {
      chownSync(folders[name], 65_534, 65_534);
      const outcome = await run();
      expect(outcome.code).toBe(1);
      expect(JSON.parse(outcome.stdout)).toMatchObject({ error: { code: "folder_unsafe" } });
    }
  );

  it("removes the temporary files of killed processes when the program starts [system.killed-writes]", () => {
    const { pid } = spawnSync("true");
    const left = Object.values(folders).flatMap((folder) => {
      const name = basename(temporaryPath(folder));
      const dead = join(folder, name.replace(`-${process.pid}-`, `-${pid}-`));
      const old = join(folder, ".imgwire-00000000-1-00000000.tmp");
      for (const path of [dead, old]) writeFileSync(path, "CANARY-refresh-token");
      utimesSync(old, new Date(0), new Date(0));
      return [dead, old];
    });
    const living = temporaryPath(folders.tokens);
    const others = join(folders.tokens, ".imgwire-00000000-1-00000001.tmp");
    for (const path of [living, others]) writeFileSync(path, "");
    const outcome = spawnSync(process.execPath, [bin("imgwire-mcp")], { env: env(), input: "" });
    expect(outcome.status).toBe(0);
    expect(left.filter((path) => existsSync(path))).toEqual([]);
    expect(readdirSync(folders.tokens).sort()).toEqual([basename(living), basename(others)].sort());
  });
});
