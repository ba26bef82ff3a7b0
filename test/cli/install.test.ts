import { existsSync, mkdirSync, mkdtempSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { parse as parseToml } from "smol-toml";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { main } from "../../src/main.ts";
import { removeFolder } from "../support/folder.ts";

const BIN = join(import.meta.dirname, "../../bin/imgwire.js");
const VERSION = (
  JSON.parse(readFileSync(join(import.meta.dirname, "../../package.json"), "utf8")) as { version: string }
).version;
const SERVER = join(import.meta.dirname, "../../bin/imgwire-mcp.js");

let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "imgwire-install-"));
  vi.stubEnv("HOME", home);
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await removeFolder(home);
});

interface Run {
  code: number;
  stdout: string;
  stderr: string;
  json<T>(): T;
}

/**
 * Runs the command line in this process. With `keys`, on a terminal where these are typed once it prompts.
 */
async function imgwire(args: string, env: Record<string, string> = {}, keys?: string): Promise<Run> {
  const terminal = { isTTY: keys !== undefined, columns: 100, rows: 40, setRawMode: () => undefined };
  const stream = (): PassThrough => Object.assign(new PassThrough(), terminal);
  const [stdin, stdout, stderr] = [stream(), stream(), stream()];
  const written = { stdout: "", stderr: "" };
  stdout.on("data", (chunk) => (written.stdout += String(chunk)));
  stderr.on("data", (chunk) => {
    const asked = !written.stderr && keys;
    written.stderr += String(chunk);
    if (asked) setImmediate(() => stdin.write(keys));
  });
  const argv = [process.execPath, BIN, ...args.split(" ").filter(Boolean)];
  const io = {
    argv,
    env: { HOME: home, NO_COLOR: "1", IMGWIRE_NO_UPDATE_NOTIFIER: "1", ...env },
    platform: "linux",
    cwd: () => home
  } as const;
  const code = await main("imgwire", { ...io, stdin, stdout, stderr });
  return { code, ...written, json: <T>() => JSON.parse(written.stdout) as T };
}

function read(...path: string[]): string {
  return readFileSync(join(home, ...path), "utf8");
}

interface Results {
  results: { client: string; change?: string; file: string; diff?: string; error?: { code: string } }[];
}

describe("imgwire install --list, --link and --approve-reads", () => {
  it("lists every agent with whether it is found and installed, and what it runs", async () => {
    mkdirSync(join(home, ".codex"));
    await imgwire("install cursor");
    await imgwire("install gemini --remote");
    const rows = (await imgwire("install --list --json")).json<Record<string, unknown>[]>();
    expect(rows.length).toBeGreaterThanOrEqual(30);
    expect(rows.find(({ client }) => client === "codex")).toMatchObject({
      found: true,
      installed: [],
      runs: null
    });
    expect(rows.find(({ client }) => client === "cursor")).toMatchObject({
      // The working directory is the home folder here.
      installed: ["user", "project"],
      runs: VERSION,
      file: `${home}/.cursor/mcp.json`
    });
    expect(rows.find(({ client }) => client === "gemini")).toMatchObject({
      runs: "https://mcp.imgwire.dev/mcp"
    });
    const shown = await imgwire("install --list");
    expect(shown.stdout).toMatch(/^AGENT +FOUND +INSTALLED +RUNS +SKILL +FILE\n/);
  });

  it("installs into every agent found, and uninstalls from every one that has the entry", async () => {
    mkdirSync(join(home, ".codex"));
    mkdirSync(join(home, ".config/goose"), { recursive: true });
    const installed = await imgwire("install --all --json");
    expect(installed.json<Results>().results.map(({ client, change }) => [client, change])).toEqual([
      ["codex", "added"],
      ["goose", "added"]
    ]);
    const removed = await imgwire("uninstall --all --json");
    expect(removed.json<Results>().results.map(({ client, change }) => [client, change])).toEqual([
      ["codex", "removed"],
      ["goose", "removed"]
    ]);
  });

  it("prints the one-click link that contains the entry", async () => {
    const cursor = new URL((await imgwire("install cursor --link")).stdout);
    const config = Buffer.from(cursor.searchParams.get("config") ?? "", "base64").toString();
    expect(cursor.href).toMatch(/^https:\/\/cursor\.com\/install-mcp\?name=imgwire&config=/);
    expect(JSON.parse(config)).toEqual({ command: "npx", args: ["-y", "imgwire-mcp"] });
    const vscode = (await imgwire("install vscode --link")).stdout.trim();
    expect(vscode.startsWith("vscode:mcp/install?")).toBe(true);
    expect(JSON.parse(decodeURIComponent(vscode.split("?")[1] ?? ""))).toEqual({
      name: "imgwire",
      command: "npx",
      args: ["-y", "imgwire-mcp"]
    });
    const none = await imgwire("install zed --link");
    expect(none).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("Zed has no one-click link.") as string
    });
  });

  it("approves read-only tools in addition to what the user has approved", async () => {
    mkdirSync(join(home, ".kiro/settings"), { recursive: true });
    const mine = { mcpServers: { imgwire: { command: "x", autoApprove: ["mine"], disabled: true } } };
    writeFileSync(join(home, ".kiro/settings/mcp.json"), JSON.stringify(mine));
    await imgwire("install kiro codex --approve-reads");
    const { imgwire: entry } = (JSON.parse(read(".kiro/settings/mcp.json")) as typeof mine).mcpServers;
    expect(entry).toMatchObject({ disabled: true, command: process.execPath });
    expect(entry.autoApprove).toEqual(expect.arrayContaining(["mine", "whoami", "list_images"]));
    expect(entry.autoApprove).not.toContain("upload_image");
    expect(parseToml(read(".codex/config.toml"))).toMatchObject({
      mcp_servers: { imgwire: { tools: { whoami: { approval_mode: "approve" } } } }
    });
    const zed = await imgwire("install zed --approve-reads");
    expect(zed.stderr).toContain("Zed has no setting for approvals in this file");
  });

  it("warns if an agent doesn't start servers in the project folder", async () => {
    const run = await imgwire("install claude-desktop");
    expect(run.stderr).toContain("Claude Desktop has no project folder: use absolute paths for files");
  });
});

describe("a link that a project brings", () => {
  it.each(["a file", "a folder"])(
    "doesn't write through a project's link that makes %s point elsewhere [agents.links-of-projects-refused]",
    async (kind) => {
      const outside = mkdtempSync(join(tmpdir(), "imgwire-outside-"));
      writeFileSync(join(outside, "mcp.json"), '{"mcpServers":{}}');
      if (kind === "a folder") symlinkSync(outside, join(home, ".cursor"));
      else {
        mkdirSync(join(home, ".cursor"));
        symlinkSync(join(outside, "mcp.json"), join(home, ".cursor/mcp.json"));
      }
      const run = await imgwire("install cursor --scope project --json");
      expect(run.code).toBe(1);
      expect(run.json<{ error: { code: string; message: string } }>().error).toMatchObject({
        code: "agent_config_link",
        message: expect.stringContaining(`${outside}/mcp.json`) as string
      });
      expect(readFileSync(join(outside, "mcp.json"), "utf8")).toBe('{"mcpServers":{}}');
      // The user's own link is followed.
      expect((await imgwire("install cursor")).code).toBe(0);
      expect(readFileSync(join(outside, "mcp.json"), "utf8")).toContain("imgwire");
      await removeFolder(outside);
    }
  );
});

describe("imgwire install", () => {
  it("writes an entry, says what it did, and has nothing to do the second time", async () => {
    const first = await imgwire("install claude-code codex");
    expect(first).toMatchObject({
      code: 0,
      stdout: `Claude Code: added to ${home}/.claude.json\nCodex: added to ${home}/.codex/config.toml\n`,
      stderr: "Done. Restart your agent, then ask it to upload an image. To sign in now: imgwire login\n"
    });
    expect(JSON.parse(read(".claude.json"))).toEqual({
      mcpServers: { imgwire: { type: "stdio", command: process.execPath, args: [SERVER] } }
    });
    expect(parseToml(read(".codex/config.toml"))).toMatchObject({
      mcp_servers: { imgwire: { command: process.execPath, args: [SERVER], startup_timeout_sec: 60 } }
    });
    const second = await imgwire("install claude-code codex --json");
    expect(second.json<Results>().results.map(({ change }) => change)).toEqual(["unchanged", "unchanged"]);
  });

  it("accepts agents' titles, and each agent only once", async () => {
    const run = await imgwire("install gemini-cli Gemini VS-Code --json");
    expect(run.json<Results>().results.map(({ client }) => client)).toEqual(["gemini", "vscode"]);
  });

  it("writes this run's settings into the entry, but never a secret", async () => {
    await imgwire("install cursor --environment staging --upload-root pictures", {
      IMGWIRE_MCP_URL: "http://127.0.0.1:4000/mcp",
      IMGWIRE_CONFIG_DIR: join(home, "config"),
      IMGWIRE_ACCESS_TOKEN: "CANARY-token",
      IMGWIRE_CLIENT_ID: "id",
      IMGWIRE_CLIENT_SECRET: "CANARY-secret"
    });
    expect(JSON.parse(read(".cursor/mcp.json"))).toMatchObject({
      mcpServers: {
        imgwire: {
          env: {
            IMGWIRE_MCP_URL: "http://127.0.0.1:4000/mcp",
            IMGWIRE_ENVIRONMENT: "staging",
            IMGWIRE_UPLOAD_ROOTS: join(home, "pictures"),
            IMGWIRE_CLIENT_ID: "id",
            IMGWIRE_CONFIG_DIR: join(home, "config")
          }
        }
      }
    });
    expect(read(".cursor/mcp.json")).not.toContain("CANARY");
  });

  it("writes the hosted URL on request, and replaces it again", async () => {
    await imgwire("install codex --remote --url https://mcp.example.com/v2/mcp");
    expect(parseToml(read(".codex/config.toml"))).toEqual({
      mcp_servers: {
        imgwire: { url: "https://mcp.example.com/v2/mcp", oauth_resource: "https://mcp.example.com/" }
      }
    });
    await imgwire("install codex");
    const { mcp_servers } = parseToml(read(".codex/config.toml")) as { mcp_servers: { imgwire: object } };
    expect(Object.keys(mcp_servers.imgwire)).toEqual(["command", "args", "startup_timeout_sec", "env_vars"]);
  });

  it("installs into the project folder", async () => {
    await imgwire("install vscode --scope project");
    expect(read(".vscode/mcp.json")).toContain('"imgwire"');
  });

  it("shows the redacted difference with --dry-run and changes nothing", async () => {
    mkdirSync(join(home, ".cursor"));
    const before =
      '{\n  "mcpServers": {\n    "other": { "headers": { "Authorization": "Bearer CANARY" } }\n  }\n}\n';
    writeFileSync(join(home, ".cursor/mcp.json"), before);
    const run = await imgwire("install cursor --dry-run");
    expect(run.stdout).toContain("Cursor: would be added to");
    expect(run.stdout).toContain('+    "imgwire": {');
    expect(run.stdout).not.toContain("CANARY");
    expect(read(".cursor/mcp.json")).toBe(before);
    expect(existsSync(join(home, ".local"))).toBe(false);
  });

  it("prints a single entry without any other text", async () => {
    expect((await imgwire("install zed --print --remote")).stdout).toBe(
      '{\n  "context_servers": {\n    "imgwire": {\n      "url": "https://mcp.imgwire.dev/mcp"\n    }\n  }\n}\n'
    );
    expect((await imgwire("install --print --json")).json()).toEqual({
      entries: [
        {
          client: "claude-code",
          file: join(home, ".claude.json"),
          path: ["mcpServers", "imgwire"],
          entry: { type: "stdio", command: process.execPath, args: [SERVER] }
        }
      ]
    });
    expect(existsSync(join(home, ".claude.json"))).toBe(false);
  });

  it("changes the other agents' files if one is invalid", async () => {
    mkdirSync(join(home, ".cursor"));
    writeFileSync(join(home, ".cursor/mcp.json"), "{ oops");
    const run = await imgwire("install cursor zed --json");
    expect(run.code).toBe(1);
    expect(run.json<Results>().results).toMatchObject([
      { client: "cursor", error: { code: "agent_config_invalid" } },
      { client: "zed", change: "added" }
    ]);
    expect(read(".cursor/mcp.json")).toBe("{ oops");
  });

  it("fails with the place and the reason if the only file is invalid", async () => {
    writeFileSync(join(home, ".claude.json"), "{\n  oops\n}\n");
    expect(await imgwire("install claude-code")).toMatchObject({
      code: 1,
      stdout: "",
      stderr:
        `imgwire: ${home}/.claude.json, line 2, column 3: invalid symbol.\n` +
        "  Nothing was changed. Fix the file, or paste what `imgwire install claude-code --print` shows.\n"
    });
  });

  it.each([
    ["install emacs", 'Unknown agent "emacs".'],
    ["install claude-desktop --scope project", "Claude Desktop has no project-level configuration."],
    ["install claude-desktop --remote", "open Settings, Connectors"],
    ["install cursor --scope system", "Allowed choices are user, project"]
  ])("refuses `%s` as wrong usage", async (args, message) => {
    const run = await imgwire(args);
    expect(run.code).toBe(2);
    expect(run.stderr).toContain(message);
  });

  it("lists the agents found if it can't prompt", async () => {
    mkdirSync(join(home, ".codex"));
    mkdirSync(join(home, ".config/zed"), { recursive: true });
    const run = await imgwire("install");
    expect(run.code).toBe(2);
    expect(run.stderr).toContain("Which agents? Name them (found here: codex, zed).");
    expect(run.stderr).toContain("For example: imgwire install codex zed.");
  });

  it("asks on a terminal with the agents found preselected", async () => {
    mkdirSync(join(home, ".codex"));
    const run = await imgwire("install", {}, "\r");
    expect(run.stderr).toContain("Install Imgwire into");
    expect(run.stdout).toBe(`Codex: added to ${home}/.codex/config.toml\n`);
  });

  it("changes nothing if the question is not answered", async () => {
    mkdirSync(join(home, ".codex"));
    const run = await imgwire("install", {}, "\u0003");
    expect(run.code).toBe(130);
    expect(existsSync(join(home, ".codex/config.toml"))).toBe(false);
  });
});

describe("imgwire uninstall", () => {
  it("restores the file on uninstall, and says so if there is nothing left to do", async () => {
    writeFileSync(join(home, ".claude.json"), '{"numStartups":1}');
    const { stdout } = await imgwire("install claude-code");
    const backup = /backup: (.*)/.exec(stdout)?.[1] ?? "";
    expect(readFileSync(backup, "utf8")).toBe('{"numStartups":1}');
    expect((await imgwire("uninstall claude-code")).stdout).toBe(
      `Claude Code: removed from ${home}/.claude.json\n`
    );
    expect(read(".claude.json")).toBe('{"numStartups":1}');
    expect((await imgwire("uninstall claude-code")).stdout).toContain("nothing to change in");
  });

  it("offers only agents that have the entry for uninstalling", async () => {
    await imgwire("install cursor zed");
    const run = await imgwire("uninstall", {}, "\r");
    expect(run.stderr).not.toContain("Codex");
    expect(run.stdout).toBe(
      `Cursor: removed from ${home}/.cursor/mcp.json\nZed: removed from ${home}/.config/zed/settings.json\n`
    );
    expect(existsSync(join(home, ".cursor"))).toBe(false);
    expect((await imgwire("uninstall")).stderr).toContain("Which agents? Name them (installed in: none).");
  });
});
