import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { baseEnv } from "../support/program.ts";
import { ROOT } from "../support/service.ts";
import { removeFolder } from "../support/folder.ts";

let folder: string;
let tarball: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "package-"));
  const output = execFileSync("npm", ["pack", "--json", "--pack-destination", folder], {
    cwd: ROOT,
    encoding: "utf8"
  });
  const packed = JSON.parse(output) as { filename: string }[] | Record<string, { filename: string }>;
  tarball = join(folder, Object.values(packed)[0]!.filename);
});

afterAll(() => removeFolder(folder));

describe("the published package", () => {
  it("holds the bins, dist, README, LICENSE and nothing else", () => {
    const names = execFileSync("tar", ["-tzf", tarball], { encoding: "utf8" }).trim().split("\n");
    const others = names.filter((name) => !/^package\/dist\/[\w.-]+\.cjs$/.test(name));
    expect(others.sort()).toEqual([
      "package/LICENSE",
      "package/README.md",
      "package/bin/imgwire-mcp.js",
      "package/bin/imgwire.js",
      "package/bin/package.json",
      "package/dist/LICENSES.txt",
      "package/package.json"
    ]);
    expect(names).toContain("package/dist/main.cjs");
  });

  it("has every file that its files ask for", () => {
    const dist = join(ROOT, "dist");
    const asked = readdirSync(dist).flatMap((name) =>
      Array.from(
        readFileSync(join(dist, name), "utf8").matchAll(/\brequire[\w$]*\(["'](\.[^"']+)["']\)/g),
        ([, to]) => to!
      )
    );
    expect(asked).toContain("./main.cjs");
    expect(asked.filter((to) => !existsSync(join(dist, to)))).toEqual([]);
  });

  it("carries the licence of every package that is bundled", () => {
    const dist = join(ROOT, "dist");
    const code = readdirSync(dist)
      .filter((name) => name.endsWith(".cjs"))
      .map((name) => readFileSync(join(dist, name), "utf8"));
    const bundled = new Set(
      code.flatMap((text) =>
        Array.from(text.matchAll(/^\/\/ node_modules\/((?:@[^/]+\/)?[^/\n]+)\//gm), ([, name]) => name!)
      )
    );
    expect(bundled).toContain("undici");
    const licences = readFileSync(join(dist, "LICENSES.txt"), "utf8");
    const named = new Set(Array.from(licences.matchAll(/^== (\S+) \S+$/gm), ([, name]) => name!));
    expect([...bundled].filter((name) => !named.has(name))).toEqual([]);
    expect(licences).toContain("Copyright (c) Matteo Collina and Undici contributors");
  });

  it("depends on the keychain binding alone and runs no install script", () => {
    const manifest = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as Record<string, object>;
    expect(Object.keys(manifest["dependencies"] ?? {})).toEqual(["@napi-rs/keyring"]);
    const scripts = Object.keys(manifest["scripts"] ?? {});
    expect(scripts.filter((name) => /^(pre|post)?(install|prepare)$/.test(name))).toEqual([]);
  });

  it("installed into an empty folder, starts and answers the handshake", { timeout: 120_000 }, async () => {
    const home = join(folder, "home");
    writeFileSync(join(folder, "package.json"), '{ "private": true }');
    execFileSync("npm", ["install", "--no-audit", "--no-fund", tarball], { cwd: folder, stdio: "pipe" });
    const env = baseEnv({ HOME: home, IMGWIRE_CONFIG_DIR: join(home, "imgwire") });
    const server = spawn(join(folder, "node_modules/.bin/imgwire-mcp"), { env });
    const params = {
      protocolVersion: "2025-11-25",
      capabilities: {},
      clientInfo: { name: "t", version: "1" }
    };
    server.stdin.write(`${JSON.stringify({ jsonrpc: "2.0", id: 0, method: "initialize", params })}\n`);
    const [line] = (await once(createInterface({ input: server.stdout }), "line")) as [string];
    expect(JSON.parse(line)).toMatchObject({ id: 0, result: { protocolVersion: "2025-11-25" } });
    server.stdin.end();
    expect(await once(server, "exit")).toEqual([0, null]);
  });
});
