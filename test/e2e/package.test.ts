import { execFileSync, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { baseEnv, ROOT } from "../support/program.ts";
import { removeFolder } from "../support/folder.ts";

let folder: string;
let tarball: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "package-"));
  // Packs dist as it is: a build would replace files that other tests are using.
  const output = execFileSync("npm", ["pack", "--json", "--ignore-scripts", "--pack-destination", folder], {
    cwd: ROOT,
    encoding: "utf8"
  });
  const packed = JSON.parse(output) as { filename: string }[] | Record<string, { filename: string }>;
  tarball = join(folder, Object.values(packed)[0]!.filename);
});

afterAll(() => removeFolder(folder));

function built(): string[] {
  return readdirSync(join(ROOT, "dist")).filter((name) => name.endsWith(".cjs"));
}

describe("the published package", () => {
  it("packs the bins, dist, the pages, the manual pages, the skill, README, LICENSE and nothing else", () => {
    const names = execFileSync("tar", ["-tzf", tarball], { encoding: "utf8" }).trim().split("\n");
    const others = names.filter((name) => !/^package\/dist\/[\w.-]+\.cjs$/.test(name));
    expect(others.sort()).toEqual([
      "package/LICENSE",
      "package/README.md",
      "package/bin/imgwire-mcp.js",
      "package/bin/imgwire.js",
      "package/bin/package.json",
      "package/dist/LICENSES.txt",
      ...["gallery", "image", "metrics", "upload"].map((name) => `package/dist/apps/${name}.html`),
      "package/man/imgwire-mcp.1",
      "package/man/imgwire.1",
      "package/package.json",
      "package/skills/imgwire/SKILL.md",
      ...["environments", "sdks", "security", "transforms", "uploads"].map(
        (name) => `package/skills/imgwire/references/${name}.md`
      )
    ]);
    expect(names).toContain("package/dist/main.cjs");
  });

  it("builds every file that a built file requires", () => {
    const dist = join(ROOT, "dist");
    const asked = built().flatMap((name) =>
      Array.from(
        readFileSync(join(dist, name), "utf8").matchAll(/\brequire[\w$]*\(["'](\.[^"']+)["']\)/g),
        ([, to]) => to!
      )
    );
    expect(asked).toContain("./main.cjs");
    expect(asked.filter((to) => !existsSync(join(dist, to)))).toEqual([]);
  });

  it("includes the license of every bundled package", () => {
    const dist = join(ROOT, "dist");
    const maps = readdirSync(dist).filter((name) => name.endsWith(".map"));
    const sources = maps.flatMap((name) => {
      const map = JSON.parse(readFileSync(join(dist, name), "utf8")) as { sources: string[] };
      return map.sources;
    });
    const owners = sources.map((path) => /^.*node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(path)?.[1]);
    const bundled = new Set(owners.filter((name) => name !== undefined));
    expect(bundled).toContain("undici");
    const licenses = readFileSync(join(dist, "LICENSES.txt"), "utf8");
    const named = new Set(Array.from(licenses.matchAll(/^== (\S+) \S+$/gm), ([, name]) => name!));
    expect([...bundled].filter((name) => !named.has(name))).toEqual([]);
    expect(licenses).toContain("Copyright (c) Matteo Collina and Undici contributors");
  });

  it("builds code without the helpers of a second compiler [release.no-foreign-helpers]", () => {
    const code = built().map((name) => readFileSync(join(ROOT, "dist", name), "utf8"));
    expect(code.filter((text) => /_optionalChain|_nullishCoalesce|_interopRequire/.test(text))).toEqual([]);
  });

  it.each(["imgwire", "imgwire-mcp"])(
    "says in one line with %s that Node 18 is too old [release.old-node]",
    (bin) => {
      const pretend = `Object.defineProperty(process, "versions", { value: { ...process.versions, node: "18.20.8" } });`;
      const preload = `data:text/javascript,${encodeURIComponent(pretend)}`;
      const args = ["--import", preload, join(ROOT, "bin", `${bin}.js`), "--version"];
      const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: "utf8" });
      expect({ status, stdout }).toEqual({ status: 1, stdout: "" });
      expect(stderr).toMatch(new RegExp(`^${bin} needs Node\\.js 20 or newer, and this is v[\\d.]+\\.\\n$`));
    }
  );

  it("has source maps next to the files in dist but not in the tarball", () => {
    for (const name of built()) {
      const map = JSON.parse(readFileSync(join(ROOT, "dist", `${name}.map`), "utf8")) as {
        sources: string[];
      };
      const own = map.sources.filter((path) => path.startsWith("../src/"));
      const lost = own.filter((path) => !existsSync(join(ROOT, "dist", path)));
      expect({ name, lost }).toEqual({ name, lost: [] });
    }
  });

  it("depends only on the keychain binding and runs no install script", () => {
    const manifest = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as Record<string, object>;
    expect(Object.keys(manifest["dependencies"] ?? {})).toEqual(["@napi-rs/keyring"]);
    const scripts = Object.keys(manifest["scripts"] ?? {});
    expect(scripts.filter((name) => /^(pre|post)?(install|prepare)$/.test(name))).toEqual([]);
  });

  it(
    "starts and answers initialize after installation into an empty folder",
    { timeout: 120_000 },
    async () => {
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
    }
  );
});
