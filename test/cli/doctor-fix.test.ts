import { existsSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Terminal } from "../../scripts/terminal/terminal.ts";
import { removeFolder } from "../support/folder.ts";
import { baseEnv, bin, imgwire, ROOT } from "../support/program.ts";

const ENTER = "\r";

let home: string;
let codex: string;
let cache: string;
let env: Record<string, string>;

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "doctor-fix-"));
  codex = join(home, ".codex/config.toml");
  cache = join(home, "config/cache");
  mkdirSync(join(home, ".codex"));
  mkdirSync(cache, { recursive: true });
  env = baseEnv({
    HOME: home,
    IMGWIRE_CONFIG_DIR: join(home, "config"),
    IMGWIRE_MCP_URL: "http://127.0.0.1:9/mcp",
    IMGWIRE_TOKEN_STORE: "file"
  });
});
afterEach(() => removeFolder(home));

interface Answer {
  fixed?: string[];
  checks: { id: string; status: string; message: string; fix?: string; fixable?: true }[];
}

async function doctor(...args: string[]): Promise<Answer> {
  const { stdout } = await imgwire(["doctor", "--json", ...args], env, "", home);
  return JSON.parse(stdout) as Answer;
}

function check({ checks }: Answer, id: string): Answer["checks"][number] {
  return checks.find((each) => each.id === id)!;
}

describe("imgwire doctor --fix [cli.doctor-fix]", { timeout: 60_000 }, () => {
  it("removes a damaged tool list with doctor --fix", async () => {
    await imgwire(["tools"], env);
    mkdirSync(cache, { recursive: true });
    const damaged = join(cache, `tools-${"0".repeat(64)}.json`);
    writeFileSync(damaged, "{");
    const found = check(await doctor(), "snapshot");
    expect(found).toMatchObject({ status: "fail", fixable: true });
    const after = await doctor("--fix");
    expect(after.fixed).toEqual(["remove the damaged tool list"]);
    expect(check(after, "snapshot").status).toBe("pass");
    expect(existsSync(damaged)).toBe(false);
  });

  it("leaves an agent's entry alone with doctor --fix if it can't prompt", async () => {
    writeFileSync(codex, '[mcp_servers.imgwire]\ncommand = "node"\nargs = ["/gone/bin/imgwire-mcp.js"]\n');
    const before = readFileSync(codex, "utf8");
    const { fixed, checks } = await doctor("--fix");
    expect(fixed).toEqual([]);
    expect(checks.find(({ id }) => id === "agent:codex")).toMatchObject({ status: "fail", fixable: true });
    expect(readFileSync(codex, "utf8")).toBe(before);
  });

  it("rewrites an agent's entry with doctor --fix if the user agrees", async () => {
    writeFileSync(codex, '[mcp_servers.imgwire]\ncommand = "node"\nargs = ["/gone/bin/imgwire-mcp.js"]\n');
    const terminal = new Terminal([process.execPath, bin("imgwire"), "doctor", "--fix"], {
      columns: 100,
      cwd: home,
      env
    });
    await terminal.shows(/Codex: rewrite the entry of codex\?/);
    terminal.type(ENTER);
    await terminal.exited;
    terminal.close();
    expect(terminal.text()).toContain("Fixed: rewrite the entry of codex.");
    const [, script] = /args = \["([^"]+)"/.exec(readFileSync(codex, "utf8"))!;
    expect(existsSync(script!)).toBe(true);
  });
});

it("doctor names an agent whose entry runs an older version [cli.doctor-old-version]", async () => {
  const old = join(home, "old");
  mkdirSync(join(old, "bin"), { recursive: true });
  writeFileSync(join(old, "package.json"), '{"name": "imgwire-mcp", "version": "0.0.1"}');
  const script = join(old, "bin/imgwire-mcp.js");
  const main = JSON.stringify(join(ROOT, "dist/main.cjs"));
  writeFileSync(script, `require(${main}).main("imgwire-mcp", process).then((code) => process.exit(code));`);
  const variables = Object.entries(env)
    .filter(([name]) => name.startsWith("IMGWIRE_"))
    .map(([name, value]) => `${name} = ${JSON.stringify(value)}`);
  writeFileSync(
    codex,
    `[mcp_servers.imgwire]\ncommand = ${JSON.stringify(process.execPath)}\nargs = [${JSON.stringify(script)}]\nenv = { ${variables.join(", ")} }\n`
  );
  expect(check(await doctor(), "agent:codex")).toMatchObject({
    status: "warn",
    message: expect.stringContaining("It runs version 0.0.1") as string,
    fix: "Run: imgwire install codex"
  });
});
