import { execFileSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeEach, describe, expect, it } from "vitest";
import { SETTINGS } from "../../src/config/definitions.ts";
import { baseEnv, imgwire, type Outcome } from "../support/program.ts";

let folder: string;
let file: string;
let env: Record<string, string>;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "config-"));
  mkdirSync(join(folder, "config"));
  file = join(folder, "config", "config.json");
  env = baseEnv({ IMGWIRE_CONFIG_DIR: join(folder, "config") });
});

const run = (...args: string[]): Promise<Outcome> => imgwire(["config", ...args], env, "", folder);
const stored = (): Record<string, unknown> =>
  JSON.parse(readFileSync(file, "utf8")) as Record<string, unknown>;

/** For each setting that can be stored, the arguments and the value in the file. */
const VALUES: Record<string, [given: string[], value: unknown]> = {
  url: [["https://mcp.corp.example/mcp"], "https://mcp.corp.example/mcp"],
  profile: [["work"], "work"],
  tokenStore: [["file"], "file"],
  clientId: [["abc"], "abc"],
  clientMetadataUrl: [["https://a.example/client"], "https://a.example/client"],
  callbackPort: [["4321"], 4321],
  uploadRoots: [
    ["/a", "/b"],
    ["/a", "/b"]
  ],
  readOnly: [["yes"], true],
  stripMetadata: [["yes"], true],
  tools: [["a*,b"], ["a*", "b"]],
  excludeTools: [["c"], ["c"]],
  noApps: [["true"], true],
  logLevel: [["silent"], "silent"],
  logFile: [["/tmp/x.log"], "/tmp/x.log"],
  browser: [["none"], "none"],
  noUpdateNotifier: [["off"], false],
  accessible: [["on"], true]
};

describe("imgwire config", () => {
  it("stores and removes every setting that isn't a secret, and keeps unknown ones [config.command]", async () => {
    writeFileSync(file, '{"fromTheFuture": {"a": 1}}');
    const settable = SETTINGS.filter(({ key, secret }) => !secret && key !== "environment").map(
      ({ key }) => key
    );
    expect(Object.keys(VALUES).sort()).toEqual([...settable].sort());
    // Every later command would write to the log file.
    delete VALUES["logFile"];
    for (const [key, [given, value]] of Object.entries(VALUES)) {
      expect(await run("set", key, ...given)).toMatchObject({ code: 0 });
      expect(stored()).toMatchObject({ [key]: value, fromTheFuture: { a: 1 } });
    }
    for (const key of Object.keys(VALUES)) expect(await run("unset", key)).toMatchObject({ code: 0 });
    expect(Object.keys(stored()).filter((key) => key !== "__internal__")).toEqual(["fromTheFuture"]);
  }, 240_000);

  it("says that unset removed a setting only if the file set it [config.command]", async () => {
    writeFileSync(file, '{"logLevel": "info"}');
    expect((await run("unset", "logLevel")).stdout).toBe(
      "Removed logLevel. Now: logLevel  warn  (default)\n"
    );
    const again = "Your configuration doesn't set logLevel. Now: logLevel  warn  (default)\n";
    expect((await run("unset", "logLevel")).stdout).toBe(again);
  });

  it("lists each setting with its source, and secrets without their value [config.command]", async () => {
    writeFileSync(file, '{"logLevel": "info"}');
    writeFileSync(join(folder, ".imgwire.json"), '{"profile": "team"}');
    Object.assign(env, { IMGWIRE_ACCESS_TOKEN: "CANARY", IMGWIRE_READ_ONLY: "1" });
    const { stdout } = await run("list", "--json", "--url", "https://x.example/mcp");
    const { settings } = JSON.parse(stdout) as { settings: { setting: string }[] };
    const row = (name: string): unknown => settings.find(({ setting }) => setting === name);
    expect(row("url")).toMatchObject({ value: "https://x.example/mcp", source: "flag", place: "--url" });
    expect(row("readOnly")).toMatchObject({
      value: true,
      source: "environment variable",
      place: "IMGWIRE_READ_ONLY"
    });
    expect(row("profile")).toMatchObject({ value: "team", source: "project file" });
    expect(row("logLevel")).toMatchObject({ value: "info", source: "user config", place: file });
    expect(row("tokenStore")).toMatchObject({ value: "auto", source: "default", place: null });
    expect(row("accessToken")).toMatchObject({ value: "(set)" });
    expect(settings).toHaveLength(SETTINGS.length);
    expect(stdout).not.toContain("CANARY");
  });

  it("refuses unknown settings and invalid values without changing anything [config.command]", async () => {
    const unknown = await run("set", "colour", "blue");
    expect(unknown.code).toBe(2);
    expect(unknown.stderr).toContain("tokenStore");
    for (const [key, value] of [
      ["url", "http://example.com"],
      ["tokenStore", "disk"],
      ["callbackPort", "0"],
      ["readOnly", "maybe"],
      ["profile", "../x"],
      ["accessToken", "CANARY"],
      ["logLevel", ""]
    ] as const) {
      expect(await run("set", key, value)).toMatchObject({ code: 2, stdout: "" });
    }
    expect(readdirSync(join(folder, "config"))).not.toContain("config.json");
  }, 60_000);

  it("sets a corrupt configuration file aside with its bytes [config.file]", async () => {
    writeFileSync(file, '{"logLevel": ');
    expect(await run("set", "logLevel", "error")).toMatchObject({ code: 0 });
    expect(stored()).toMatchObject({ logLevel: "error" });
    const aside = readdirSync(join(folder, "config")).find((name) =>
      name.startsWith("config.json.unreadable-")
    );
    expect(readFileSync(join(folder, "config", aside ?? ""), "utf8")).toBe('{"logLevel": ');
  });

  it("leaves a newer version's file, a read-only one, and one with an invalid value unchanged [config.file]", async () => {
    const cases: [content: string, mode: number, message: RegExp][] = [
      ['{"__internal__": {"migrations": {"version": "99.0.0"}}}', 0o600, /newer version/],
      ["{}", 0o444, /it is read-only/],
      ['{"callbackPort": "high"}', 0o600, /callbackPort/]
    ];
    for (const [content, mode, message] of cases) {
      writeFileSync(file, content);
      chmodSync(file, mode);
      const { code, stderr } = await run("set", "noApps", "true");
      expect(stderr).toMatch(message);
      expect(code).not.toBe(0);
      chmodSync(file, 0o600);
      expect(readFileSync(file, "utf8")).toBe(content);
    }
  });

  it("replaces a FIFO in place of the configuration file [config.file]", async () => {
    execFileSync("mkfifo", [file]);
    expect(await run("set", "logLevel", "error")).toMatchObject({ code: 0 });
    expect(stored()).toMatchObject({ logLevel: "error" });
  });
});
