import { once } from "node:events";
import { copyFileSync, mkdtempSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { startSandbox } from "../../sandbox/sandbox.ts";
import { Terminal } from "../../scripts/terminal/terminal.ts";
import { createProgram } from "../../src/cli/program.ts";
import { baseEnv, bin, ROOT } from "../support/program.ts";
import { removeFolder } from "../support/folder.ts";

const ID = "0f0c1a52-0000-4000-8000-000000000000";
const CTRL_C = "\u0003";

/** Commands that send a request to Imgwire, which never answers here. */
const COMMANDS = [
  ["whoami"],
  ["env", "list"],
  ["env", "use", "staging"],
  ["env", "current"],
  ["setup", "--yes"],
  ["list"],
  ["show", ID],
  ["url", ID],
  ["open", ID],
  ["download", ID],
  ["import", "https://example.com/a.png"],
  ["upload", "a.jpg", "b.jpg"],
  ["publish", "README.md"],
  ["keys", "create", "web"],
  ["metrics"],
  ["usage"],
  ["tools"],
  ["call", "list_images"],
  ["doctor"]
];

/** Commands that are interrupted at their prompts below. */
const PROMPTING = ["login", "install"];
/** Commands that send nothing while signed out and end immediately, and the server, which speaks JSON-RPC. */
const IMMEDIATE = [
  ...["logout", "env clear", "keys server", "profile list", "profile use", "profile remove"],
  ...["config list", "config get", "config set", "config unset", "config path"],
  ...["uninstall", "mcp", "roots list", "roots add", "roots remove", "completion", "__complete", "help"]
];

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "interrupted-"));
  for (const name of ["a.jpg", "b.jpg"])
    copyFileSync(join(ROOT, "scripts/demo/sunset.jpg"), join(folder, name));
  writeFileSync(join(folder, "README.md"), "![a](a.jpg)\n");
});
afterEach(() => removeFolder(folder));

function start(args: readonly string[], env: Record<string, string>): Terminal {
  return new Terminal([process.execPath, bin("imgwire"), ...args], {
    columns: 80,
    cwd: folder,
    env: baseEnv({
      HOME: folder,
      IMGWIRE_CONFIG_DIR: join(folder, "config"),
      IMGWIRE_TOKEN_STORE: "file",
      BROWSER: "none",
      ...env
    })
  });
}

it("interrupts every command in this test that doesn't end immediately", () => {
  const program = createProgram("imgwire", "0", () => () => Promise.resolve(), process);
  const names = program.commands.flatMap((command) =>
    command.commands.length === 0
      ? [command.name()]
      : command.commands.map((each) => `${command.name()} ${each.name()}`)
  );
  const interrupted = (name: string): boolean =>
    COMMANDS.some((args) => `${args.join(" ")} `.startsWith(`${name} `));
  expect(names.filter((name) => !interrupted(name)).sort()).toEqual([...PROMPTING, ...IMMEDIATE].sort());
});

describe("Ctrl-C during a command", { timeout: 60_000 }, () => {
  let server: Server;
  beforeEach(async () => {
    server = createServer(() => undefined).listen(0, "127.0.0.1");
    await once(server, "listening");
  });
  afterEach(() => {
    server.closeAllConnections();
    server.close();
  });

  it.each(COMMANDS.map((args) => [args.join(" "), args] as const))(
    "ends %s by the signal, with the cursor visible [cli.interrupted-clean]",
    async (_, args) => {
      const { port } = server.address() as AddressInfo;
      const asked = once(server, "request");
      const terminal = start(args, {
        IMGWIRE_MCP_URL: `http://127.0.0.1:${port}/mcp`,
        IMGWIRE_ACCESS_TOKEN: "token"
      });
      await asked;
      terminal.type(CTRL_C);
      expect(await terminal.exited).toBe(130);
      expect(terminal.lines().at(-1)).toMatch(/Interrupted\.$/);
      await expect(terminal.cursorVisible()).resolves.toBe(true);
      terminal.close();
    }
  );
});

describe("Ctrl-C at a prompt", { timeout: 60_000 }, () => {
  it("ends login by Ctrl-C during the sign-in, with the cursor visible [cli.interrupted-clean]", async () => {
    const sandbox = await startSandbox();
    const terminal = start(["login", "--device"], { IMGWIRE_MCP_URL: sandbox.mcpUrl });
    await terminal.shows(/Waiting for you to confirm the code/);
    await expect(terminal.cursorVisible()).resolves.toBe(false);
    terminal.type(CTRL_C);
    expect(await terminal.exited).toBe(130);
    await expect(terminal.cursorVisible()).resolves.toBe(true);
    expect(terminal.text()).not.toContain("Waiting");
    terminal.close();
    await sandbox.close();
  });

  it("changes nothing on Ctrl-C while agents are being selected, with the cursor visible [cli.interrupted-clean]", async () => {
    writeFileSync(join(folder, ".claude.json"), "{}");
    const terminal = start(["install"], {});
    await terminal.shows(/Claude Code/);
    terminal.type(CTRL_C);
    expect(await terminal.exited).toBe(130);
    await expect(terminal.cursorVisible()).resolves.toBe(true);
    terminal.close();
  });
});
