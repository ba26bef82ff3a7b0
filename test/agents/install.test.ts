import { spawn } from "node:child_process";
import { once } from "node:events";
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { parse as parseJsonc, type ParseError } from "jsonc-parser";
import { parse as parseToml } from "smol-toml";
import { parse as parseYaml } from "yaml";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { applyChange, type ConfigChange, planChange } from "../../src/agents/apply.ts";
import type { Agent } from "../../src/agents/agent.ts";
import { AGENTS } from "../../src/agents/catalogue.ts";
import { removeFolder } from "../support/folder.ts";

const WORKER = join(import.meta.dirname, "install.worker.ts");
const COMMAND = {
  command: "/usr/bin/node",
  args: ["/opt/imgwire-mcp/bin/imgwire-mcp.js"],
  env: { IMGWIRE_MCP_URL: "http://127.0.0.1:4000/mcp" }
};
const WILD = {
  "claude-code": "claude-code.json",
  vscode: "vscode.jsonc",
  codex: "codex.toml",
  gemini: "gemini.json",
  cursor: "cursor.json",
  devin: "devin.json",
  "claude-desktop": "claude-desktop.json",
  zed: "zed.jsonc",
  amp: "amp.jsonc",
  opencode: "opencode.jsonc",
  goose: "goose.yaml",
  continue: "continue.yaml",
  vibe: "vibe.toml"
};

let folder: string;
let stateDir: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "imgwire-agents-"));
  stateDir = join(folder, "state");
});
afterEach(() => removeFolder(folder));

function agent(id: string): Agent {
  const found = AGENTS.find((each) => each.id === id);
  if (!found) throw new Error(id);
  return found;
}

function change(id: string, file: string, entry: "install" | "remote" | "uninstall"): ConfigChange {
  const { format, servers, stdioEntry, hostedEntry } = agent(id);
  const entries = {
    install: () => stdioEntry(COMMAND),
    remote: () =>
      "instead" in hostedEntry ? undefined : hostedEntry(new URL("https://mcp.imgwire.dev/mcp")),
    uninstall: () => undefined
  };
  return { file, format, servers, name: "imgwire", mode: 0o600, entry: entries[entry]() };
}

function wild(id: keyof typeof WILD): string {
  return readFileSync(join(import.meta.dirname, "wild", WILD[id]), "utf8");
}

/** Parses a file as its agent does, as closely as the parsers at hand allow. */
function readAs(id: string, text: string): Record<string, unknown> {
  const body = text.replace(/^\uFEFF/, "");
  if (["codex", "vibe"].includes(id)) return parseToml(body, { integersAsBigInt: "asNeeded" });
  if (["goose", "continue"].includes(id)) return parseYaml(body) as Record<string, unknown>;
  if (!["vscode", "zed", "gemini", "amp", "opencode"].includes(id))
    return JSON.parse(body) as Record<string, unknown>;
  const errors: ParseError[] = [];
  const value = parseJsonc(body, errors, { allowTrailingComma: id !== "gemini" }) as Record<string, unknown>;
  expect(errors).toEqual([]);
  return value;
}

const VARIANTS: Record<string, (text: string) => string> = {
  unmodified: (text) => text,
  "with CRLF": (text) => text.replaceAll("\n", "\r\n"),
  "with a byte order mark and CRLF": (text) => `\uFEFF${text.replaceAll("\n", "\r\n")}`,
  "without a final newline": (text) => text.trimEnd(),
  "with trailing empty lines": (text) => `${text}\n\n\n`
};

describe.each(Object.keys(WILD) as (keyof typeof WILD)[])("a %s configuration", (id) => {
  it.each(Object.keys(VARIANTS))(
    "adds only the entry to a configuration file, %s, and uninstalling restores every byte",
    async (variant) => {
      const file = join(folder, WILD[id]);
      const before = VARIANTS[variant]?.(wild(id)) ?? "";
      writeFileSync(file, before);

      expect((await applyChange(change(id, file, "install"), stateDir)).change).toBe("added");
      const after = readFileSync(file, "utf8");
      const [key = ""] = agent(id).servers;
      const { [key]: servers, ...rest } = readAs(id, after);
      const { [key]: serversBefore, ...restBefore } = readAs(id, before);
      expect(rest).toEqual(restBefore);
      const entry = agent(id).stdioEntry(COMMAND);
      const expected = Array.isArray(serversBefore)
        ? [...(serversBefore as unknown[]), entry]
        : { ...(serversBefore as object), imgwire: entry };
      expect(servers).toEqual(expected);
      expect(isWithin(before, after)).toBe(true);
      if (variant.includes("CRLF")) expect(after.replaceAll("\r\n", "")).not.toContain("\n");

      expect((await applyChange(change(id, file, "install"), stateDir)).change).toBe("unchanged");
      expect(readFileSync(file, "utf8")).toBe(after);

      expect((await applyChange(change(id, file, "uninstall"), stateDir)).change).toBe("removed");
      expect(readFileSync(file, "utf8")).toBe(before);
      expect(readdirSync(join(stateDir, "installed"))).toEqual([]);
    }
  );

  it("restores every byte even if the entry was changed in between", async () => {
    const file = join(folder, WILD[id]);
    writeFileSync(file, wild(id));
    await applyChange(change(id, file, "install"), stateDir);
    const next = change(id, file, "remote");
    if (next.entry) expect((await applyChange(next, stateDir)).change).toBe("updated");
    const { [agent(id).servers[0] ?? ""]: servers } = readAs(id, readFileSync(file, "utf8"));
    if (next.entry) expect(Object.values(servers as object)).toContainEqual(next.entry);
    await applyChange(change(id, file, "uninstall"), stateDir);
    expect(readFileSync(file, "utf8")).toBe(wild(id));
  });

  it("creates a missing configuration file and its folder, and uninstalling removes both", async () => {
    const file = join(folder, "home/.agent", WILD[id]);
    expect((await applyChange(change(id, file, "install"), stateDir)).change).toBe("added");
    const entry = agent(id).stdioEntry(COMMAND);
    const servers = "name" in entry && id !== "goose" ? [entry] : { imgwire: entry };
    expect(readAs(id, readFileSync(file, "utf8"))).toEqual({ [agent(id).servers[0] ?? ""]: servers });
    expect(statSync(file).mode & 0o777).toBe(0o600);
    await applyChange(change(id, file, "uninstall"), stateDir);
    expect(existsSync(join(folder, "home"))).toBe(false);
  });

  it("fills an empty configuration file, and uninstalling empties it again", async () => {
    const file = join(folder, WILD[id]);
    writeFileSync(file, "");
    await applyChange(change(id, file, "install"), stateDir);
    await applyChange(change(id, file, "uninstall"), stateDir);
    expect(readFileSync(file, "utf8")).toBe("");
  });
});

/** True if `after` contains every character of `before` in order, so that the edit only added to it. */
function isWithin(before: string, after: string): boolean {
  let at = 0;
  for (const character of after) if (character === before[at]) at += 1;
  return at === before.length;
}

describe("a file of 2,000 lines", () => {
  it.each(["claude-code", "vscode", "codex"])(
    "restores a file of 2,000 lines for %s byte for byte",
    async (id) => {
      const file = join(folder, "large");
      const before = id === "codex" ? largeToml() : largeJson(id === "vscode");
      expect(before.split("\n").length).toBeGreaterThan(2000);
      writeFileSync(file, before);
      await applyChange(change(id, file, "install"), stateDir);
      expect(readFileSync(file, "utf8").length).toBeGreaterThan(before.length);
      await applyChange(change(id, file, "uninstall"), stateDir);
      expect(readFileSync(file, "utf8")).toBe(before);
    }
  );
});

function largeJson(withComments: boolean): string {
  const key = withComments ? "servers" : "mcpServers";
  const comma = withComments ? "," : "";
  const server = (index: number): string =>
    `    ${withComments ? "// number\n    " : ""}"server-${index}": {\n      "command": "npx",\n      "args": [ "-y", "s${index}" ]\n    }`;
  return `{\n  "${key}": {\n${Array.from({ length: 550 }, (_, index) => server(index)).join(",\n")}${comma}\n  }\n}\n`;
}

function largeToml(): string {
  return Array.from(
    { length: 450 },
    (_, index) => `# ${index}\n[mcp_servers.s${index}]\ncommand = 'npx'\nargs = [ "-y",\n  "s${index}" ]\n`
  ).join("\n");
}

describe("a file that has changed since the installation", () => {
  it("removes the entry from a file that has changed, and keeps the changes", async () => {
    const file = join(folder, "mcp.json");
    writeFileSync(file, '{\n  "mcpServers": {}\n}\n');
    await applyChange(change("cursor", file, "install"), stateDir);
    writeFileSync(file, readFileSync(file, "utf8").replace("{\n", '{\n  "mine": 1,\n'));
    await applyChange(change("cursor", file, "uninstall"), stateDir);
    expect(readFileSync(file, "utf8")).toBe('{\n  "mine": 1,\n  "mcpServers": {}\n}\n');
  });

  it("removes the table as well if it was created for the entry", async () => {
    const file = join(folder, "settings.json");
    writeFileSync(file, '{\n  "a": 1\n}\n');
    await applyChange(change("zed", file, "install"), stateDir);
    writeFileSync(file, readFileSync(file, "utf8").replace('"a": 1', '"a": 2'));
    await applyChange(change("zed", file, "remote"), stateDir);
    await applyChange(change("zed", file, "uninstall"), stateDir);
    expect(readFileSync(file, "utf8")).toBe('{\n  "a": 2\n}\n');
  });

  it("restores the whole file after a second install", async () => {
    const file = join(folder, "config.toml");
    writeFileSync(file, "a = 1");
    await applyChange(change("codex", file, "install"), stateDir);
    writeFileSync(file, "b = 2");
    await applyChange(change("codex", file, "install"), stateDir);
    await applyChange(change("codex", file, "uninstall"), stateDir);
    expect(readFileSync(file, "utf8")).toBe("b = 2");
  });

  it("removes the entry even if there is no record of it", async () => {
    const file = join(folder, "config.toml");
    writeFileSync(file, wild("codex"));
    await applyChange(change("codex", file, "install"), stateDir);
    await removeFolder(stateDir);
    await applyChange(change("codex", file, "uninstall"), stateDir);
    expect(readFileSync(file, "utf8")).toBe(`${wild("codex")}\n`);
  });
});

describe("a file that the agent has written to since the installation", () => {
  it.each([
    ["codex", "config.toml", '[projects."/home/ada/shop"]\ntrust_level = "trusted"\n'],
    ["vibe", "config.toml", '[tools.bash]\npermission = "ask"\n'],
    ["goose", "config.yaml", "GOOSE_MODE: auto\n"],
    ["continue", "config.yaml", "rules:\n  - Be brief.\n"]
  ])(
    "removes only the entry of %s from a file that the agent has written to since [agents.uninstall-after-others-wrote]",
    async (id, name, added) => {
      const file = join(folder, name);
      await applyChange(change(id, file, "install"), stateDir);
      writeFileSync(file, `${readFileSync(file, "utf8")}\n${added}`);
      await applyChange(change(id, file, "uninstall"), stateDir);
      expect(readFileSync(file, "utf8").trim()).toBe(added.trim());
    }
  );
});

describe("the user's own entry", () => {
  it("keeps what the user added to an entry, and keeps a backup of the file", async () => {
    const file = join(folder, "mcp.json");
    const before =
      '{"mcpServers":{"imgwire":{"url":"https://old","disabled":true,"env":{"HTTPS_PROXY":"http://p","IMGWIRE_MCP_URL":"x"}}}}';
    writeFileSync(file, before);
    const result = await applyChange(change("cursor", file, "install"), stateDir);
    expect(result.change).toBe("updated");
    expect(JSON.parse(readFileSync(file, "utf8"))).toEqual({
      mcpServers: {
        imgwire: {
          disabled: true,
          command: COMMAND.command,
          args: COMMAND.args,
          env: { HTTPS_PROXY: "http://p", IMGWIRE_MCP_URL: "http://127.0.0.1:4000/mcp" }
        }
      }
    });
    expect(readFileSync(result.backup ?? "", "utf8")).toBe(before);
    expect(statSync(result.backup ?? "").mode & 0o777).toBe(0o600);
    await applyChange(change("cursor", file, "uninstall"), stateDir);
    expect(readFileSync(file, "utf8")).toBe('{"mcpServers":{}}');
  });
});

describe("links, file modes and invalid files", () => {
  it("writes through symbolic links, even to a file that doesn't exist yet", async () => {
    const target = join(folder, "dotfiles/mcp.json");
    mkdirSync(dirname(target));
    symlinkSync("dotfiles/mcp.json", join(folder, "second"));
    symlinkSync("second", join(folder, "link"));
    await applyChange(change("cursor", join(folder, "link"), "install"), stateDir);
    expect(lstatSync(join(folder, "link")).isSymbolicLink()).toBe(true);
    expect(lstatSync(target).isFile()).toBe(true);
    const installed = readFileSync(target, "utf8");
    await applyChange(change("cursor", target, "install"), stateDir);
    expect(readFileSync(target, "utf8")).toBe(installed);
    await applyChange(change("cursor", join(folder, "link"), "uninstall"), stateDir);
    expect(existsSync(target)).toBe(false);
    expect(lstatSync(join(folder, "link")).isSymbolicLink()).toBe(true);
  });

  it("keeps the mode of a configuration file", async () => {
    const file = join(folder, "mcp.json");
    writeFileSync(file, "{}");
    chmodSync(file, 0o640);
    await applyChange(change("cursor", file, "install"), stateDir);
    expect(statSync(file).mode & 0o777).toBe(0o640);
  });

  it("refuses a read-only configuration file and leaves it untouched", async () => {
    const file = join(folder, "mcp.json");
    writeFileSync(file, "{}");
    chmodSync(file, 0o444);
    await expect(applyChange(change("cursor", file, "install"), stateDir)).rejects.toMatchObject({
      code: "agent_config_read_only",
      message: `${file} can't be written: it is read-only.`
    });
    expect(readFileSync(file, "utf8")).toBe("{}");
  });

  it.each([
    ["invalid JSON", "cursor", Buffer.from('{\n  "a": 1,\n}\n'), "agent_config_invalid", "line 3, column 1"],
    ["invalid TOML", "codex", Buffer.from("a = \n"), "agent_config_invalid", "line 1, column 5"],
    [
      "conflict markers",
      "vscode",
      Buffer.from("{\n<<<<<<< HEAD\n}\n"),
      "agent_config_invalid",
      "line 2, column 1"
    ],
    ["UTF-16", "cursor", Buffer.from("\uFEFF{}", "utf16le"), "agent_config_unreadable", "is not UTF-8 text"]
  ])("refuses a file with %s and leaves it untouched", async (_, id, bytes, code, place) => {
    const file = join(folder, "mcp.json");
    writeFileSync(file, bytes);
    for (const entry of ["install", "uninstall"] as const) {
      const failure = applyChange(change(id, file, entry), stateDir);
      await expect(failure).rejects.toMatchObject({
        code,
        message: expect.stringContaining(place) as string
      });
    }
    expect(readFileSync(file)).toEqual(bytes);
    expect(readdirSync(folder).filter((name) => name.startsWith("mcp"))).toEqual(["mcp.json"]);
  });

  it("only plans the change when asked for a plan", async () => {
    const file = join(folder, "mcp.json");
    const plan = await planChange(change("cursor", file, "install"), stateDir);
    expect(plan).toMatchObject({
      change: "added",
      before: undefined,
      after: expect.stringContaining("imgwire") as string
    });
    expect(readdirSync(folder)).toEqual([]);
  });
});

describe("an installation that is killed", () => {
  it("leaves the old or the new bytes if it is killed while writing, and the next run recovers", async () => {
    const file = join(folder, "mcp.json");
    const old = largeJson(false);
    writeFileSync(file, old);
    const installed = (await planChange(change("cursor", file, "install"), stateDir)).after;
    for (let round = 1; round <= 4; round += 1) {
      const worker = spawn(process.execPath, [
        "--import",
        "tsx",
        WORKER,
        file,
        stateDir,
        JSON.stringify(COMMAND)
      ]);
      const lines = createInterface({ input: worker.stdout });
      for (let line = 0; line < round; line += 1) await once(lines, "line");
      worker.kill("SIGKILL");
      await once(worker, "exit");
      expect([old, installed]).toContain(readFileSync(file, "utf8"));
      await applyChange(change("cursor", file, "install"), stateDir);
      expect(readFileSync(file, "utf8")).toBe(installed);
      await applyChange(change("cursor", file, "uninstall"), stateDir);
      expect(readFileSync(file, "utf8")).toBe(old);
    }
  }, 120_000);
});

describe("concurrent installations", () => {
  it("adds every entry if eight are installed into one file at the same time", async () => {
    const file = join(folder, "mcp.json");
    const names = Array.from({ length: 8 }, (_, index) => `imgwire-${index}`);
    await Promise.all(
      names.map((name) => applyChange({ ...change("cursor", file, "install"), name }, stateDir))
    );
    const { mcpServers } = JSON.parse(readFileSync(file, "utf8")) as { mcpServers: object };
    expect(Object.keys(mcpServers).sort()).toEqual(names);
  });
});
